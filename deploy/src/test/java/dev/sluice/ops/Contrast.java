package dev.sluice.ops;

/** Finds text that is hard to read. */
final class Contrast {

  /**
   * Returns each piece of visible text whose contrast to what it stands on is below 4.5 (WCAG AA),
   * with its colours; an empty text when there is none.
   */
  static final String SCRIPT =
      """
      () => {
        const rgba = (text) => {
          const m = text.match(/[\\d.]+/g).map(Number);
          return text.startsWith('color(srgb') ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1]
            : [m[0], m[1], m[2], m[3] ?? 1];
        };
        const over = (top, below) => below.map((c, i) => top[i] * top[3] + c * (1 - top[3]));
        const ground = (node) => {
          const layers = [];
          for (let n = node; n; n = n.parentElement) {
            layers.push(rgba(getComputedStyle(n).backgroundColor));
          }
          return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
        };
        const light = (c) => {
          const [r, g, b] = c.map((v) => v / 255)
            .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const opacity = (node) => {
          let all = 1;
          for (let n = node; n; n = n.parentElement) all *= Number(getComputedStyle(n).opacity);
          return all;
        };
        const found = [];
        for (const node of document.querySelectorAll('body *')) {
          const own = [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim());
          if (!own || !node.checkVisibility() || node.disabled) continue;
          const below = ground(node);
          const colour = rgba(getComputedStyle(node).color);
          colour[3] *= opacity(node);
          const [a, b] = [light(over(colour, below)), light(below)].sort((x, y) => y - x);
          const contrast = (a + 0.05) / (b + 0.05);
          if (contrast < 4.5) {
            found.push(`${node.tagName}.${node.className} "${node.textContent.slice(0, 30)}" `
              + `${contrast.toFixed(2)}: ${colour} on ${below}`);
          }
        }
        return found.join('\\n');
      }
      """;

  private Contrast() {}
}
