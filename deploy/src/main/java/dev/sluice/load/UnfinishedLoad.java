package dev.sluice.load;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.SluiceException;
import dev.sluice.mapping.Transfer.Moment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a load has done so far, in a file, so that another process can go on with it: one line of
 * JSON, and one more for each chunk that is done, its number and its rows. It holds names and
 * numbers, and no value of any row.
 *
 * <p>Failure semantics: a file without a whole first line counts as none, and so does a last line
 * that is not whole: its chunk is copied again. A file that cannot be written stops the load.
 */
final class UnfinishedLoad {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What does not change while the load goes on.
   *
   * @param slot the identity of the load's slot
   * @param facts where the rows go
   * @param snapshot its name in Postgres
   * @param keptSince when the session that holds it began
   * @param transfer how rows are copied, to be compared
   */
  record Plan(
      String slot,
      String facts,
      String snapshot,
      String keptSince,
      Moment moment,
      String transfer,
      List<Chunk> chunks) {}

  /** As many rows as a page of Postgres's usual size can hold. */
  private static final long ROWS_OF_A_PAGE = 291;

  private final Path file;
  private final Plan plan;
  private final Map<Chunk, Long> done = new HashMap<>();

  private UnfinishedLoad(Path file, Plan plan) {
    this.file = file;
    this.plan = plan;
  }

  /** Where the load for a slot is noted. */
  static Path file(Path folder, String slot) {
    return folder.resolve("load-" + slot + ".progress");
  }

  /** A load that begins; nothing is done yet. */
  static UnfinishedLoad begin(Path file, Plan plan) {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(next, JSON.writeValueAsString(plan) + "\n");
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw cannot("written", file, e);
    }
    return new UnfinishedLoad(file, plan);
  }

  /** The load that the file tells of; null when there is none. */
  static UnfinishedLoad read(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      UnfinishedLoad load = new UnfinishedLoad(file, JSON.readValue(lines.get(0), Plan.class));
      for (String line : lines.subList(1, lines.size())) {
        String[] words = line.split(" ");
        if (words.length == 3) {
          load.done.put(load.plan.chunks.get(Integer.parseInt(words[0])), Long.parseLong(words[1]));
        }
      }
      return load;
    } catch (NoSuchFileException | JacksonException | IndexOutOfBoundsException e) {
      return null;
    } catch (IOException e) {
      throw cannot("read", file, e);
    }
  }

  Plan plan() {
    return plan;
  }

  /** The chunks that are still to be copied. */
  synchronized List<Chunk> waiting() {
    return plan.chunks.stream().filter(chunk -> !done.containsKey(chunk)).toList();
  }

  /** Rows of the chunks that are in the fact table. */
  synchronized long rows() {
    return done.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * How many rows may be in the fact table at most: those of the chunks that are done, and of the
   * others what may have landed before they were cut off.
   */
  synchronized long mostRows() {
    long pages = waiting().stream().mapToLong(Chunk::pages).sum();
    return rows() + pages * ROWS_OF_A_PAGE;
  }

  /** Notes a chunk that is in the fact table. */
  synchronized void done(Chunk chunk, long rows) {
    done.put(chunk, rows);
    try {
      // The last word tells a line that is whole.
      Files.writeString(
          file, plan.chunks.indexOf(chunk) + " " + rows + " done\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw cannot("written", file, e);
    }
  }

  /**
   * Forgets the load; the notes of a load with another slot stay.
   *
   * @param slot the identity of the slot; null for notes of any
   */
  static void delete(Path file, String slot) {
    try {
      UnfinishedLoad noted = read(file);
      if (slot == null || noted == null || slot.equals(noted.plan.slot())) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw cannot("removed", file, e);
    }
  }

  private static SluiceException cannot(String what, Path file, IOException e) {
    return new SluiceException(
        file + " cannot be " + what + " (--data-dir): " + SluiceException.reason(e), e);
  }
}
