// All connectors, worst first.

import { h, keyed, setPill, show, text } from "./dom.js";
import { count } from "./format.js";

export function connectorsView() {
  const find = h("input", { type: "search", placeholder: "Find a connector", "aria-label": "Find a connector" });
  const total = h("span", { class: "faint" });
  const body = h("tbody");
  const none = h("p", { class: "faint" });
  const node = h("div", {},
    h("div", { class: "head" }, h("h1", {}, "Connectors"), total, find),
    h("div", { class: "card wide" }, h("table", { class: "connectors" },
      h("thead", {}, h("tr", {}, ...["State", "Name", "Type", "Plugin", "Tasks", "Why"].map((t) => h("th", { scope: "col" }, t)))),
      body)), none);
  let last = null;

  function update(now) {
    last = now;
    const wanted = find.value.trim().toLowerCase();
    const shown = now.connectors.filter((c) => c.name.toLowerCase().includes(wanted) || c.state.toLowerCase() === wanted);
    const bad = now.connectors.filter((c) => c.state !== "OK").length;
    text(total, `${count(now.connectors.length)} in all, ${bad === 0 ? "all well" : `${count(bad)} not well`}`);
    keyed(body, shown, (c) => c.name, row, (r, c) => r.update(c));
    show(none, shown.length === 0);
    text(none, now.connectors.length === 0 ? "None are registered. ./sluice register brings them." : "None has that in its name.");
  }

  find.addEventListener("input", () => last && update(last));
  return { node, update };
}

function row(first) {
  const state = h("span", { class: "pill" });
  const cells = { type: h("td"), plugin: h("td"), tasks: h("td", { class: "right" }), cause: h("td", { class: "cause" }) };
  const node = h("tr", {}, h("td", {}, state),
    h("td", {}, h("a", { href: `#/connectors/${encodeURIComponent(first.name)}` }, first.name)),
    ...Object.values(cells));
  return {
    node,
    update(c) {
      setPill(state, c.state);
      text(cells.type, c.type);
      text(cells.plugin, c.plugin);
      text(cells.tasks, `${c.running} of ${c.tasks}`);
      text(cells.cause, c.cause);
    },
  };
}
