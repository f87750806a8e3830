// What the page can do: buttons, the typed confirmation, and what came of it.

import { mayAct, path, post } from "./api.js";
import { h, keyed, show, text } from "./dom.js";
import { time } from "./format.js";

const CONNECTOR = {
  "restart-failed": { label: "Restart failed tasks" },
  restart: { label: "Restart" },
  pause: { label: "Pause" },
  resume: { label: "Resume" },
  stop: {
    label: "Stop",
    typed: "Its tasks end. Configuration and offsets stay; the slot keeps WAL until it is resumed.",
  },
  "reset-offsets": {
    label: "Reset offsets",
    typed: "It forgets how far it has come and starts from the beginning: a source takes a new snapshot, a"
      + " sink reads its topics again. Rows that arrive twice do no harm.",
  },
  resync: {
    label: "Resync",
    typed: "It gets a new slot and goes on from there; then the tables that it feeds are compared with Postgres,"
      + " and what differs is fixed. Readers see rows of before the gap meanwhile.",
  },
};

/** A button that does something to a connector; null when the page is read-only. */
export function connectorButton(name, action) {
  const { label, typed } = CONNECTOR[action];
  return button(label, typed, name, () => post(`connectors/${path(name, action)}`, { confirm: name }),
    { "data-action": action });
}

/** A button; with `typed`, the target's name has to be typed first. */
export function button(label, typed, target, act, attributes = {}) {
  const node = h("button", { type: "button", class: typed ? "danger" : "", ...attributes }, label);
  node.addEventListener("click", async () => {
    if (typed && !(await confirmed(label, typed, target))) {
      return;
    }
    node.disabled = true;
    try {
      const entry = await act();
      toast(entry.id, entry.did, entry.outcome ?? "…", entry.outcome ? entry.good : null);
    } catch (error) {
      toast(`error-${Date.now()}`, `${label}: refused.`, error.message, false);
    } finally {
      node.disabled = false;
    }
  });
  show(node, mayAct());
  return node;
}

function confirmed(label, why, name) {
  const dialog = document.getElementById("confirm");
  const input = document.getElementById("confirm-input");
  const yes = document.getElementById("confirm-yes");
  text(document.getElementById("confirm-title"), `${label}: ${name}`);
  text(document.getElementById("confirm-text"), why);
  text(document.querySelector("#confirm-label span"), `Type ${name} to confirm`);
  text(yes, label);
  input.value = "";
  yes.disabled = true;
  input.oninput = () => {
    yes.disabled = input.value !== name;
  };
  // Enter presses the first button of a form, which is Cancel: here it means yes, once that is allowed.
  input.onkeydown = (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (!yes.disabled) {
        yes.click();
      }
    }
  };
  dialog.returnValue = "no";
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}

const toasts = new Map();

function toast(id, did, outcome, good) {
  let shown = toasts.get(id);
  if (!shown) {
    const words = h("p");
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close" }, "✕");
    const title = h("strong", {}, did);
    const node = h("div", { class: "toast" }, title, close, words);
    close.addEventListener("click", () => node.remove());
    shown = { node, words, did: title };
    toasts.set(id, shown);
    document.getElementById("toasts").append(node);
  }
  text(shown.words, outcome);
  shown.node.dataset.good = good === null ? "open" : good;
  if (good) {
    setTimeout(() => shown.node.remove(), 8000);
  }
}

/** Tells what came of the actions that were begun on this page. */
export function showOutcomes(entries) {
  for (const entry of entries) {
    if (toasts.has(entry.id) && !entry.outcome) {
      text(toasts.get(entry.id).did, entry.did);
    }
    if (toasts.has(entry.id) && entry.outcome && toasts.get(entry.id).node.dataset.good === "open") {
      toast(entry.id, entry.did, entry.outcome, entry.good);
    }
  }
}

/** A list of what was done, newest first. */
export function actionList() {
  const list = h("ol", { class: "log" });
  return {
    node: list,
    update(entries) {
      keyed(list, entries, (e) => e.id,
        (e) => {
          const outcome = h("span", { class: "outcome" });
          return { node: h("li", {}, time(e.at), h("span", {}, e.did), outcome), outcome };
        },
        (row, e) => {
          text(row.outcome, e.outcome ?? "…");
          row.node.dataset.good = e.outcome ? e.good : "open";
        });
    },
  };
}
