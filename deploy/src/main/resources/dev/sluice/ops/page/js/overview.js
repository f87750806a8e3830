// Overview: are the facts fresh, and if not, why and what to press.

import { actionList } from "./actions.js";
import { h, keyed, setPill, show, text } from "./dom.js";
import { count, span } from "./format.js";
import { pipelineCard } from "./flow.js";
import { plots } from "./plots.js";

const MOST_CARDS = 60;
let chosen = null;

export function overviewView() {
  const state = h("span", { class: "pill big" });
  const sentence = h("p");
  const list = h("div", { class: "pipelines" });
  const more = h("p", { class: "faint" });
  const charts = plots();
  const plotTitle = h("h2");
  const log = actionList();
  const logTitle = h("h2", {}, "Actions");
  const node = h("div", { class: "overview" },
    h("section", { class: "verdict", "aria-live": "polite" }, state, sentence),
    list, more, plotTitle, charts.node, logTitle, log.node);

  function choose(id) {
    chosen = id;
    if (last) {
      update(last);
    }
  }

  let last = null;
  function update(now) {
    last = now;
    setPill(state, now.state);
    text(sentence, verdict(now));
    const cards = now.pipelines.slice(0, MOST_CARDS);
    if (!now.pipelines.some((p) => p.id === chosen)) {
      chosen = cards[0]?.id ?? null;
    }
    keyed(list, cards, (p) => p.id, (p) => pipelineCard(p.id, choose),
      (card, p) => card.update(p, p.id === chosen, now.pipelines.length));
    const hidden = now.pipelines.length - cards.length;
    show(more, hidden > 0);
    text(more, `${count(hidden)} more pipelines are as well as the last one above; each connector is under Connectors.`);
    const pipeline = now.pipelines.find((p) => p.id === chosen);
    show(plotTitle, pipeline);
    show(charts.node, pipeline);
    if (pipeline) {
      text(plotTitle, now.pipelines.length > 1 ? `Last hour: ${pipeline.id}` : "Last hour");
      charts.follow(pipeline.id);
    }
    show(logTitle, now.actions.length > 0);
    log.update(now.actions.slice(0, 8));
  }

  return { node, update, leave: charts.leave };
}

function verdict(now) {
  const away = now.servers.filter((s) => s.error !== null && !s.refused).map((s) => s.name);
  if (now.servers.length === 0) {
    return "Looking …";
  }
  if (away.length > 0) {
    const listed = away.length === 1 ? away[0] : `${away.slice(0, -1).join(", ")} and ${away.at(-1)}`;
    return `${listed} ${away.length === 1 ? "does" : "do"} not answer.`;
  }
  if (now.connectors.length === 0) {
    return "No connectors are registered. ./sluice register brings them.";
  }
  const bad = now.pipelines.filter((p) => p.state !== "OK");
  if (bad.length > 0) {
    return now.pipelines.length === 1
      ? bad[0].problems[0]?.text ?? ""
      : `${count(bad.length)} of ${count(now.pipelines.length)} pipelines are not well, worst first.`;
  }
  if (now.state !== "OK") {
    return "The pipelines are well, but a connector is not: see Connectors.";
  }
  if (now.pipelines.some((p) => p.snapshot?.running)) {
    return "A snapshot is under way; the facts are complete when it is done.";
  }
  const behind = now.pipelines.map((p) => p.parts[4].value).filter((v) => v !== null);
  return behind.length === 0 ? "All is well. Freshness is being measured."
    : `Facts are fresh: whatever was committed ${span(Math.max(...behind))} ago is visible.`;
}
