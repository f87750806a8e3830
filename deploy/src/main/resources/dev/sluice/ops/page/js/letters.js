// Dead letters: why rows were set aside, and putting them back.

import { button } from "./actions.js";
import { get, post } from "./api.js";
import { attr, h, keyed, show, text } from "./dom.js";
import { count, setTime } from "./format.js";
import { LETTERS, plots } from "./plots.js";

export function lettersView(wanted) {
  const queues = h("div", { class: "queues", role: "tablist", "aria-label": "Queues" });
  const summary = h("p");
  const all = h("span");
  const plot = plots(LETTERS);
  const list = h("div", { class: "letters" });
  const none = h("p", { class: "note-box" });
  const failed = h("p", { class: "cause" });
  const node = h("div", {},
    h("div", { class: "head" }, h("h1", {}, "Dead letters"), all), queues, summary, plot.node, failed, none, list);
  let topic = wanted ?? null;
  let shownAs = "";

  async function load() {
    try {
      const letters = await get(`dead-letters?topic=${encodeURIComponent(topic)}`);
      keyed(list, letters, (l) => `${l.partition}-${l.offset}`, letter, (row, l) => row.update(l));
      show(failed, false);
    } catch (error) {
      text(failed, error.message);
      show(failed, true);
    }
  }

  function update(now) {
    const known = now.deadLetters;
    if (!known.some((q) => q.topic === topic)) {
      topic = known[0]?.topic ?? null;
    }
    keyed(queues, known, (q) => q.topic,
      (q) => ({ node: h("a", { class: "tab", role: "tab", href: `#/dead-letters/${encodeURIComponent(q.topic)}` }) }),
      (row, q) => {
        text(row.node, `${q.topic} (${count(q.records)})`);
        attr(row.node, "aria-selected", q.topic === topic);
      });
    show(queues, known.length > 1);
    const queue = known.find((q) => q.topic === topic);
    show(none, !queue || queue.records === 0);
    text(none, queue ? "Empty: every row fitted."
      : "There is no dead letter queue yet. Connect makes it when a sink with errors.deadletterqueue.topic.name starts.");
    show(summary, queue);
    if (!queue) {
      return;
    }
    text(summary, `${queue.topic}, written by ${queue.connectors.join(", ")}: ${count(queue.records)} kept, `
      + `${count(queue.lastHour)} in the last hour, of which ${count(queue.waiting)} were not put back.`);
    if (!all.firstChild && queue.records > 0) {
      all.append(button("Put all back", "Every letter that was not put back goes to the end of its topic again."
        + " It does no harm to rows that are newer by now. Fix the cause first, or they come back.",
      queue.topic, () => post("dead-letters/put-back-all", { topic: queue.topic, confirm: queue.topic })));
    }
    // Of several sinks that write the queue, the one with the most letters.
    const [most] = [...queue.shares].sort((a, b) => b.lastHour - a.lastHour);
    const pipeline = now.pipelines.find((p) => p.parts[3].name === most?.connector);
    if (pipeline) {
      plot.follow(pipeline.id);
    }
    // Read again only when something has come, gone, or been put back.
    const as = `${queue.topic} ${queue.records} ${queue.waiting} ${now.actions[0]?.id ?? 0}`;
    if (as !== shownAs) {
      shownAs = as;
      load();
    }
  }

  return { node, update, leave: plot.leave };
}

function letter(l) {
  const when = h("time");
  setTime(when, l.at);
  const back = h("span", { class: "back" });
  const payload = h("pre", { tabindex: 0, "aria-label": "Payload" });
  const retry = button("Put back", null, l.topic,
    () => post("dead-letters/put-back", { topic: l.topic, partition: l.partition, offset: l.offset }));
  const fold = h("details", {}, h("summary", {}, `Payload (${count(l.size)} bytes)`), payload);
  fold.addEventListener("toggle", async () => {
    if (fold.open && !payload.textContent) {
      const at = new URLSearchParams({ topic: l.topic, partition: l.partition, offset: l.offset });
      payload.textContent = await get(`dead-letters/payload?${at}`)
        .then((json) => pretty(json.payload), (error) => error.message);
    }
  });
  const trace = l.trace ? h("details", {}, h("summary", {}, "Trace"), h("pre", { tabindex: 0 }, l.trace)) : null;
  const facts = [
    ["Stage", l.stage], ["Connector", l.connector && `${l.connector}, task ${l.task}`],
    ["From", l.originTopic && `${l.originTopic}-${l.originPartition}-${l.originOffset}`],
    ["Key", l.key], ["Letter", `${l.topic}-${l.partition}-${l.offset}`],
  ].filter(([, value]) => value);
  const node = h("article", { class: "card letter" },
    h("header", {}, when, h("strong", { class: "reason" }, l.reason || "No reason: its headers are missing."), back, retry),
    h("dl", { class: "facts" }, ...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "mono" }, value)))),
    fold, trace);
  return {
    node,
    update(now) {
      attr(node, "data-back", now.putBackAt > 0);
      if (now.putBackAt > 0) {
        const at = h("time");
        setTime(at, now.putBackAt);
        back.replaceChildren("Put back ", at);
        text(retry, "Put back again");
      }
    },
  };
}

function pretty(payload) {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload ?? "(no value)";
  }
}
