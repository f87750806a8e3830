// One pipeline, drawn left to right.

import { connectorButton } from "./actions.js";
import { attr, h, keyed, setPill, show, text } from "./dom.js";
import { count, parts, rate, span } from "./format.js";

const KINDS = {
  postgres: "Postgres", source: "Source", topic: "Topic", sink: "Transform, sink", table: "Table",
};

export function pipelineCard(id, choose) {
  const state = h("span", { class: "pill" });
  const title = h("button", { type: "button", class: "title", title: "Show its plots" });
  const freshness = h("span", { class: "faint" });
  const flow = h("ol", { class: "flow" });
  const problems = h("ul", { class: "problems" });
  const snapshot = snapshotBar();
  title.addEventListener("click", () => choose(id));
  const node = h("article", { class: "card pipeline", "data-pipeline": id },
    h("header", {}, state, title, freshness), flow, problems, snapshot.node);
  return {
    node,
    update(pipeline, chosen, of) {
      setPill(state, pipeline.state);
      text(title, pipeline.sourceTable && pipeline.factTable
        ? `${pipeline.sourceTable} → ${pipeline.factTable}` : pipeline.id);
      attr(node, "data-state", pipeline.state);
      attr(title, "aria-pressed", of > 1 ? chosen : null);
      show(freshness, pipeline.visible !== null);
      if (pipeline.visible !== null) {
        const { p50, p99, measured } = pipeline.visible;
        text(freshness, `commit to visible ${measured ? "" : "at most "}${span(p50)} (p50), ${span(p99)} (p99)`);
        attr(freshness, "title", measured ? "Measured of one change a second, over the last minute."
          : "From positions; heartbeat and offset commits are in it. Single changes are visible sooner.");
      }
      keyed(flow, pipeline.parts, (p) => p.kind, part, (row, p) => row.update(p));
      keyed(problems, numbered(pipeline), (p) => p.key, problem, (row, p) => row.update(p));
      show(problems, pipeline.problems.length > 0);
      snapshot.update(pipeline.snapshot);
    },
  };
}

function part({ kind }) {
  const state = h("span", { class: "pill" });
  const name = h("span", { class: "name" });
  const number = h("span", { class: "number" });
  const unit = h("span", { class: "unit" });
  const note = h("span", { class: "note" });
  const link = ["source", "sink"].includes(kind) ? h("a", { class: "name" }, name) : name;
  const node = h("li", { class: "part", "data-part": kind },
    h("span", { class: "kind" }, KINDS[kind], state), link,
    h("span", { class: "value" }, number, unit), note);
  return {
    node,
    update(p) {
      attr(node, "data-state", p.state ?? "NONE");
      setPill(state, p.state);
      show(state, p.state !== null);
      text(name, p.name);
      attr(name, "title", p.name);
      if (link !== name) {
        attr(link, "href", p.state === null ? null : `#/connectors/${encodeURIComponent(p.name)}`);
      }
      const [digits, after] = p.kind === "sink"
        ? [`${rate(p.value)} → ${rate(p.second)}`, "rows/s"] : parts(p.value, p.unit);
      const bound = p.kind === "table" && p.value !== null;
      text(number, bound ? `≤ ${digits}` : digits);
      text(unit, after === "records" ? "" : after);
      text(note, bound ? `behind · ${p.note ?? ""}` : p.note ?? "");
    },
  };
}

/** Gives each problem a key that stays while its sentence changes, as numbers in it do. */
function numbered({ problems, source }) {
  const seen = new Map();
  return problems.map((p) => {
    const heals = source !== null && p.cure.steps.some((s) => s.on === "SLUICE" && s.run.startsWith("resync"));
    const kind = `${p.part} ${p.action} ${p.connector} ${heals}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    return { ...p, key: `${kind} ${seen.get(kind)}`, resync: heals ? source : null };
  });
}

function problem(first) {
  const words = h("strong");
  const remedy = h("span");
  const steps = h("ol", { class: "steps" });
  const links = [];
  if (first.action === "dead-letters") {
    links.push(h("a", { href: "#/dead-letters" }, "Dead letters"));
  } else if (first.connector) {
    if (first.action) {
      links.push(connectorButton(first.connector, first.action));
    }
    links.push(h("a", { href: `#/connectors/${encodeURIComponent(first.connector)}` }, "Look at it"));
  }
  if (first.resync) {
    links.unshift(connectorButton(first.resync, "resync"));
  }
  const node = h("li", {}, h("p", {}, words, " ", remedy), steps, ...links);
  return {
    node,
    update(p) {
      attr(node, "data-state", p.state);
      text(words, p.text);
      text(remedy, p.cure.text);
      // A button is in the place of its request.
      const toRun = p.cure.steps.filter((s) => s.on !== "CONNECT" || !p.action);
      keyed(steps, toRun, (s) => `${s.on} ${s.run}`, step, () => {});
      show(steps, toRun.length > 0);
    },
  };
}

const STEPS = {
  POSTGRES: "psql", CLICKHOUSE: "ClickHouse", CONNECT: "Connect", KAFKA: "Kafka", SLUICE: "./sluice",
};

function step({ on, run }) {
  return { node: h("li", {}, h("code", {}, on === "SLUICE" ? `${STEPS[on]} ${run}` : `${STEPS[on]}: ${run}`)) };
}

function snapshotBar() {
  const words = h("p");
  const read = h("div", { class: "read" });
  const written = h("div", { class: "written" });
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": "Snapshot", "aria-valuemin": 0, "aria-valuemax": 100 },
    read, written);
  const node = h("div", { class: "snapshot" }, words, bar);
  return {
    node,
    update(s) {
      show(node, s !== null);
      if (s === null) {
        return;
      }
      const share = (rows) => (s.total > 0 ? Math.min(100, (100 * rows) / s.total) : 0);
      read.style.width = `${share(s.read)}%`;
      written.style.width = `${share(s.written)}%`;
      attr(bar, "aria-valuenow", Math.round(share(s.written)));
      show(bar, s.running);
      const left = s.remainingMillis === null ? "" : `, about ${span(s.remainingMillis)} to go`;
      text(words, s.running
        ? `Snapshot of ${s.table}: ${count(s.written)} of about ${count(s.total)} rows are facts`
          + ` (${Math.floor(share(s.written))} %), ${count(s.read)} are in the topic${left}.`
        : `Snapshot of ${s.table}: ${count(s.written)} rows in ${span(s.endedAt - s.startedAt)}.`);
    },
  };
}
