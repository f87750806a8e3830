// Numbers and times for people.

import { attr, h, text } from "./dom.js";

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const dated = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

export const count = (value) => grouped.format(value);

/** [number, unit] of a value, for showing the unit smaller. */
export function parts(value, unit) {
  if (value === null || value === undefined) {
    return ["–", ""];
  }
  switch (unit) {
    case "bytes": return bytes(value);
    case "ms": return duration(value);
    case "rows/s": return [rate(value), "rows/s"];
    default: return [value < 100000 ? grouped.format(value) : short.format(value), unit];
  }
}

export const rate = (value) =>
  value === null || value === undefined ? "–"
    : value > 0 && value < 10 ? value.toFixed(1)
      : value < 100000 ? grouped.format(value) : short.format(value);

export function bytes(value) {
  let left = Math.max(0, value);
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit++;
  }
  return [unit === 0 || left >= 100 ? left.toFixed(0) : left.toFixed(1), units[unit]];
}

export function duration(millis) {
  if (millis < 1000) return [Math.round(millis).toString(), "ms"];
  if (millis < 100_000) return [(millis / 1000).toFixed(1), "s"];
  if (millis < 7_200_000) return [Math.round(millis / 60_000).toString(), "min"];
  if (millis < 172_800_000) return [Math.round(millis / 3_600_000).toString(), "h"];
  return [Math.round(millis / 86_400_000).toString(), "days"];
}

export const span = (millis) => duration(millis).join(" ");

/** A time in the reader's zone, with UTC on hover. */
export function time(millis) {
  const node = h("time");
  setTime(node, millis);
  return node;
}

export function setTime(node, millis) {
  if (!millis) {
    text(node, "–");
    return;
  }
  const iso = new Date(millis).toISOString();
  if (node.getAttribute("datetime") !== iso) {
    attr(node, "datetime", iso);
    attr(node, "title", `${iso.replace("T", " ").replace(/\.\d+Z$/, "")} UTC`);
  }
  const old = Date.now() - millis > 18 * 3_600_000;
  text(node, (old ? dated : clock).format(millis));
}
