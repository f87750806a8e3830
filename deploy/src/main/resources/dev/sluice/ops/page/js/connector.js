// One connector: tasks, traces, configuration, validation, offsets, what happened to it.

import { actionList, connectorButton } from "./actions.js";
import { every, get, mayAct, path } from "./api.js";
import { attr, h, keyed, setPill, show, text } from "./dom.js";
import { setTime, span } from "./format.js";

const ACTIONS = ["restart-failed", "restart", "pause", "resume", "stop", "reset-offsets"];

/** Which actions make sense in a state. */
function possible(action, state) {
  const halted = state === "PAUSED" || state === "STOPPED";
  switch (action) {
    case "restart-failed": return state === "FAILED" || state === "DEGRADED";
    case "restart": return !halted;
    case "resume": return halted;
    case "pause": return !halted;
    case "stop": return state !== "STOPPED";
    default: return state === "STOPPED";
  }
}

export function connectorView(name) {
  const state = h("span", { class: "pill" });
  const type = h("span", { class: "faint" });
  const gone = h("p", { class: "note-box" });
  const buttons = ACTIONS.map((action) => ({ action, node: connectorButton(name, action) }));
  const readOnly = h("p", { class: "faint" }, "Read-only. Started with --allow-actions, this page can restart, pause and stop.");
  const tasks = h("div", { class: "tasks" });
  const timeline = h("ol", { class: "log" });
  const log = actionList();
  const logTitle = h("h2", {}, "Actions");
  const config = h("dl", { class: "config" });
  const offsets = asked("Offsets", () => get(`connectors/${path(name, "offsets")}`), offsetsOf);
  const validation = asked("Validation", () => get(`connectors/${path(name, "validation")}`), errorsOf);
  const node = h("div", { class: "connector" },
    h("div", { class: "head" }, h("h1", {}, name), state, type),
    gone,
    h("div", { class: "buttons" }, ...buttons.map((b) => b.node)), readOnly,
    h("h2", {}, "Tasks"), tasks,
    h("div", { class: "columns" },
      h("section", {}, h("h2", {}, "What happened"), timeline, logTitle, log.node),
      h("section", {}, offsets.node, validation.node)),
    h("h2", {}, "Configuration"), config);
  show(readOnly, !mayAct());
  show(gone, false);
  let health = null;

  async function load() {
    try {
      draw(await get(`connectors/${path(name)}`));
      show(gone, false);
    } catch (error) {
      text(gone, error.message);
      show(gone, true);
    }
  }

  function draw(c) {
    text(type, c.type);
    const parts = [...(c.connector.trace ? [c.connector] : []), ...c.tasks];
    keyed(tasks, parts, (t) => t.task, task, (row, t) => row.update(t));
    keyed(timeline, c.timeline.slice(0, 15), (e) => `${e.at} ${e.part} ${e.to}`, event, () => {});
    show(logTitle, c.actions.length > 0);
    log.update(c.actions.slice(0, 10));
    keyed(config, Object.entries(c.config), ([key]) => key, setting, (row, [, value]) => text(row.value, value));
  }

  const stop = every(1000, load);
  return {
    node,
    update(now) {
      const state_ = now.connectors.find((c) => c.name === name)?.state ?? null;
      if (state_ !== health) {
        health = state_;
        buttons.forEach((b) => show(b.node, mayAct() && state_ && possible(b.action, state_)));
      }
      setPill(state, state_);
    },
    leave: stop,
  };
}

function task() {
  const state = h("span", { class: "pill" });
  const title = h("strong");
  const worker = h("span", { class: "mono" });
  const since = h("time");
  const length = h("span", { class: "faint" });
  const cause = h("p", { class: "cause" });
  const trace = h("pre", { tabindex: 0, "aria-label": "Trace" });
  const copy = h("button", { type: "button" }, "Copy");
  const whole = h("details", {}, h("summary", {}, "The whole trace"), copy, trace);
  copy.addEventListener("click", async () => {
    await copied(trace.textContent);
    text(copy, "Copied");
    setTimeout(() => text(copy, "Copy"), 2000);
  });
  const node = h("article", { class: "card task" },
    h("header", {}, state, title, worker, h("span", { class: "faint" }, "seen so since ", since, " "), length),
    cause, whole);
  return {
    node,
    update(t) {
      attr(node, "data-state", t.state);
      setPill(state, { RUNNING: "OK" }[t.state] ?? t.state);
      text(state, t.state.toLowerCase());
      text(title, t.task < 0 ? "The connector itself" : `Task ${t.task}`);
      text(worker, t.worker);
      setTime(since, t.since);
      text(length, t.since ? `(${span(Math.max(0, Date.now() - t.since))})` : "");
      text(cause, t.cause);
      show(cause, t.cause !== "");
      text(trace, t.trace);
      show(whole, t.trace !== "");
    },
  };
}

async function copied(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Without https from another machine there is no clipboard: select it, so that Ctrl-C does it.
    const area = h("textarea", { class: "offscreen" });
    area.value = words;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function event(e) {
  const when = h("time");
  setTime(when, e.at);
  const what = e.from ? `${e.from.toLowerCase()} → ${e.to.toLowerCase()}` : e.to.includes(" ") ? e.to : e.to.toLowerCase();
  return {
    node: h("li", {}, when, h("span", {}, h("strong", {}, e.part ? `${e.part}: ` : ""), what,
      e.worker ? h("span", { class: "faint" }, ` on ${e.worker}`) : null),
    e.why ? h("span", { class: "outcome" }, e.why) : null),
  };
}

function setting([key, value]) {
  const dd = h("dd", { class: "mono" }, value);
  return { node: h("div", {}, h("dt", { class: "mono" }, key), dd), value: dd };
}

/** Something that is asked of Connect when somebody wants to see it. */
function asked(title, ask, draw) {
  const body = h("div");
  const button = h("button", { type: "button" }, "Ask Connect");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      body.replaceChildren(draw(await ask()));
    } catch (error) {
      body.replaceChildren(h("p", { class: "cause" }, error.message));
    }
    button.disabled = false;
    text(button, "Ask again");
  });
  return { node: h("div", { class: "asked" }, h("h2", {}, title, button), body) };
}

function offsetsOf(json) {
  const all = json.offsets ?? [];
  if (all.length === 0) {
    return h("p", { class: "faint" }, "None yet.");
  }
  return h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Of"), h("th", { scope: "col" }, "Offset"))),
    h("tbody", {}, ...all.map((o) => h("tr", {}, h("td", { class: "mono" }, words(o.partition)), h("td", { class: "mono" }, words(o.offset))))));
}

const words = (json) => Object.entries(json ?? {}).map(([k, v]) => `${k.replace("kafka_", "")} ${v}`).join(", ");

function errorsOf(errors) {
  if (errors.length === 0) {
    return h("p", {}, "The plugin accepts every setting.");
  }
  return h("ul", {}, ...errors.map((e) => h("li", {}, h("strong", { class: "mono" }, e.setting), ": ", e.errors.join(" "))));
}
