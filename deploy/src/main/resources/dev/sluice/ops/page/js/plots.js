// The last hour of one pipeline: four plots with one cursor.

import { every, get } from "./api.js";
import { h, text } from "./dom.js";
import { bytes, count, rate, span } from "./format.js";

const POWERS_OF_TWO = Array.from({ length: 50 }, (_, i) => 2 ** i);
const WHOLE = Array.from({ length: 36 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));
export const PIPELINE = [
  { title: "Rows per second", series: [["rows_in", "into the topic"], ["rows_out", "into ClickHouse"]], format: rate, least: 10 },
  { title: "Topic lag, records", series: [["lag", "waiting"]], format: count, steps: WHOLE, least: 10 },
  { title: "WAL kept by the slot", series: [["slot_bytes", "kept"]], format: (v) => bytes(v).join(" "), steps: POWERS_OF_TWO, least: 1024 },
  { title: "Commit to visible", series: [["visible_p50", "p50"], ["visible_p99", "p99"]], format: span, least: 1000 },
];
export const LETTERS = [
  { title: "Dead letters of the hour before", series: [["dead_letters", "arrived"], ["dead_letters_waiting", "not put back"]], format: count, steps: WHOLE, least: 4 },
];
const HOUR = 3600;
const STEP = 5;

/** A colour of the style sheet as a canvas understands it. */
function colour(name) {
  const probe = h("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export function plots(kinds = PIPELINE) {
  const node = h("div", { class: "plots" });
  const shown = kinds.map((plot) => onePlot(plot, node));
  let id = null;
  let data = null;
  let stop = null;

  async function load() {
    const wanted = id;
    const since = data?.times.length ? (data.times.at(-1) - STEP) * 1000 : 0;
    const fresh = await get(`history?pipeline=${encodeURIComponent(wanted)}&since=${since}`).catch(() => null);
    if (!fresh || wanted !== id) {
      return;
    }
    data = merged(data, fresh);
    shown.forEach((plot) => plot.draw(data));
  }

  const redraw = () => data && shown.forEach((plot) => plot.remake(data));
  window.addEventListener("theme", redraw);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", redraw);
  const sized = new ResizeObserver(() => shown.forEach((plot) => plot.resize()));
  sized.observe(node);

  return {
    node,
    follow(pipeline) {
      if (pipeline !== id) {
        id = pipeline;
        data = null;
        stop?.();
        stop = every(STEP * 1000, load);
      }
    },
    leave() {
      stop?.();
      sized.disconnect();
      window.removeEventListener("theme", redraw);
      dark.removeEventListener("change", redraw);
    },
  };
}

/** Old points and new ones; the last old one may be a newer one's first. */
function merged(old, fresh) {
  if (!old || fresh.times.length === 0) {
    return old ?? fresh;
  }
  const from = fresh.times[0];
  const kept = old.times.findIndex((t) => t >= from);
  const end = kept < 0 ? old.times.length : kept;
  const first = Math.max(0, end + fresh.times.length - HOUR / STEP);
  const result = {};
  for (const name of Object.keys(fresh)) {
    result[name] = [...old[name].slice(first, end), ...fresh[name]];
  }
  return result;
}

function onePlot({ title, series, format, steps, least }, parent) {
  const reading = h("span", { class: "reading" });
  const canvas = h("div", { class: "canvas" });
  parent.append(h("figure", { class: "card plot" }, h("figcaption", {}, title, reading), canvas));
  let plot = null;
  let last = null;

  function read(u) {
    const index = u.cursor.idx ?? u.data[0].length - 1;
    text(reading, series.map(([, label], i) => {
      const value = u.data[i + 1][index];
      return `${label} ${value === null || value === undefined ? "–" : format(value)}`;
    }).join(" · "));
  }

  const columns = (data) => [data.times, ...series.map(([name]) => data[name])];

  function make(data) {
    const grid = { stroke: colour("--line"), width: 1 };
    const axis = { stroke: colour("--faint"), font: "11px system-ui, sans-serif", grid, ticks: { show: false } };
    const lines = series.map((_, i) => ({
      stroke: colour(i === 0 ? "--plot-1" : "--plot-2"), width: 1.5, points: { show: false },
      fill: i === 0 ? colour("--plot-fill") : undefined,
    }));
    plot = new window.uPlot({
      width: Math.max(160, canvas.clientWidth),
      height: 130,
      legend: { show: false },
      cursor: { sync: { key: "hour" }, y: false, drag: { x: false, y: false } },
      scales: {
        x: { range: () => { const end = Date.now() / 1000; return [end - windowOf(last.times), end]; } },
        y: { range: (u, low, high) => [0, Math.max(least, (high || 0) * 1.15)] },
      },
      axes: [
        { ...axis, size: 24, values: "{HH}:{mm}", space: 60, incrs: [60, 300, 600, 900] },
        { ...axis, size: 58, values: (u, ticks) => ticks.map((t) => format(t)), space: 32, incrs: steps },
      ],
      series: [{}, ...lines],
      hooks: { setCursor: [read], setData: [read] },
    }, columns(data), canvas);
  }

  return {
    draw(data) {
      last = data;
      if (plot) {
        plot.setData(columns(data));
      } else {
        make(data);
        read(plot);
      }
    },
    remake(data) {
      plot?.destroy();
      make(data);
    },
    resize() {
      plot?.setSize({ width: Math.max(160, canvas.clientWidth), height: 130 });
    },
  };
}

/** An hour, but a shorter span while there is less to show. */
function windowOf(times) {
  const covered = Date.now() / 1000 - (times[0] ?? Date.now() / 1000);
  return Math.min(HOUR, Math.max(300, covered * 1.02));
}
