// The few helpers that stand in for a framework: nodes are made once and changed in place.

/** An element. Text is always text: nothing here ever parses HTML. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (name === "class") {
      node.className = value;
    } else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Sets a node's text, if it differs. */
export function text(node, value) {
  const wanted = value ?? "";
  if (node.textContent !== wanted) {
    node.textContent = wanted;
  }
}

/** Sets an attribute, or removes it with null, if it differs. */
export function attr(node, name, value) {
  if (value === null || value === undefined) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function show(node, shown) {
  if (node.hidden === Boolean(shown)) {
    node.hidden = !shown;
  }
}

const rows = new WeakMap();

/**
 * Makes the children of a node those of a list: each item's row is made once, then updated, moved
 * only when its place has changed, and removed with its item.
 */
export function keyed(parent, items, key, make, update) {
  const known = rows.get(parent) ?? new Map();
  rows.set(parent, known);
  const wanted = new Set();
  let place = parent.firstChild;
  for (const item of items) {
    const name = key(item);
    wanted.add(name);
    let row = known.get(name);
    if (!row) {
      row = make(item);
      known.set(name, row);
    }
    update(row, item);
    if (row.node === place) {
      place = place.nextSibling;
    } else {
      parent.insertBefore(row.node, place);
    }
  }
  for (const [name, row] of known) {
    if (!wanted.has(name)) {
      row.node.remove();
      known.delete(name);
    }
  }
}

const LABELS = {
  OK: "OK", DEGRADED: "Degraded", FAILED: "Failed", PAUSED: "Paused", STOPPED: "Stopped",
  UNREACHABLE: "Unreachable",
};

/** A state as a coloured word, with a shape of its own for those who do not see the colour. */
export function pill(state) {
  const node = h("span", { class: "pill" });
  setPill(node, state);
  return node;
}

export function setPill(node, state) {
  attr(node, "data-state", state ?? "NONE");
  text(node, LABELS[state] ?? state ?? "–");
}
