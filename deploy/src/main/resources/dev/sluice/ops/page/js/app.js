// The frame: routes, header, theme, and one request for the overview after another.

import { every, get, loadSession } from "./api.js";
import { attr, h, keyed, show, text } from "./dom.js";
import { count } from "./format.js";
import { showOutcomes } from "./actions.js";
import { connectorView } from "./connector.js";
import { connectorsView } from "./connectors.js";
import { lettersView } from "./letters.js";
import { overviewView } from "./overview.js";

const main = document.getElementById("main");
const live = document.getElementById("live");
let view = null;
let overview = null;

function route() {
  const [name, argument] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  view?.leave?.();
  if (name === "connectors" && argument) {
    view = connectorView(argument);
  } else if (name === "connectors") {
    view = connectorsView();
  } else if (name === "dead-letters") {
    view = lettersView(argument);
  } else {
    view = overviewView();
  }
  main.replaceChildren(view.node);
  window.scrollTo(0, 0);
  const here = `#/${["connectors", "dead-letters"].includes(name) ? name : ""}`;
  for (const link of document.querySelectorAll("nav a")) {
    attr(link, "aria-current", link.getAttribute("href") === here ? "page" : null);
  }
  if (overview) {
    view.update(overview);
  }
}

async function refresh() {
  try {
    overview = await get("overview");
    header(overview);
    showOutcomes(overview.actions);
    view.update(overview);
    attr(document.body, "data-stale", null);
    text(live, "Live");
    attr(live, "title", "Everything on this page is looked at once a second.");
  } catch (error) {
    attr(document.body, "data-stale", true);
    text(live, "No contact");
    attr(live, "title", `The page's own server does not answer: ${error.message}`);
  }
}

function header(now) {
  keyed(document.getElementById("servers"), now.servers, (s) => s.name,
    (s) => ({ node: h("li", {}, s.name) }),
    (row, s) => {
      attr(row.node, "data-up", s.error === null);
      attr(row.node, "title", s.error === null ? s.address : `${s.address}: ${s.error}`);
      attr(row.node, "aria-label", `${s.name} ${s.error === null ? "answers" : s.refused ? "says no" : "does not answer"}`);
    });
  const waiting = now.deadLetters.reduce((sum, queue) => sum + queue.waiting, 0);
  const badge = document.getElementById("letters");
  text(badge, count(waiting));
  show(badge, waiting > 0);
  const bad = now.pipelines.filter((p) => p.state !== "OK").length;
  document.title = now.state === "OK" ? "OK · Sluice" : `${bad || ""} ${now.state} · Sluice`.trim();
}

const THEMES = ["auto", "light", "dark"];
const themeButton = document.getElementById("theme");

function setTheme(theme) {
  attr(document.documentElement, "data-theme", theme === "auto" ? null : theme);
  text(themeButton, { auto: "◐", light: "☀", dark: "☾" }[theme]);
  attr(themeButton, "aria-label", `Theme: ${theme}`);
  attr(themeButton, "title", `Theme: ${theme}`);
  localStorage.setItem("theme", theme);
  window.dispatchEvent(new Event("theme"));
}

themeButton.addEventListener("click", () => {
  const now = THEMES.indexOf(localStorage.getItem("theme") ?? "auto");
  setTheme(THEMES[(now + 1) % THEMES.length]);
});

setTheme(THEMES.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto");
window.addEventListener("hashchange", route);
await loadSession().catch(() => {});
route();
every(1000, refresh);
