package dev.sluice.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in aligned columns under a heading. */
public final class TextTable {

  private final List<String[]> rows = new ArrayList<>();

  /** With a first line of headings. */
  public TextTable(String... headings) {
    rows.add(headings);
  }

  /** Adds a line, with a cell for each heading. */
  public TextTable row(String... cells) {
    rows.add(cells);
    return this;
  }

  /** Lines without trailing blanks; the last column is as wide as it has to be. */
  @Override
  public String toString() {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
