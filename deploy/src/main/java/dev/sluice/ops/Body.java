package dev.sluice.ops;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * Reads a request's body as it comes, without a thread that waits for it.
 *
 * <p>Failure semantics: a body that is too long, or ends before its time, is {@link
 * RequestRefused}. One that is somewhat too long is read to its end first: whoever is still sending
 * would otherwise see a broken connection instead of the answer.
 */
final class Body implements Runnable {

  private static final int LONGEST = 64 * 1024;
  private static final int LONGEST_READ = 16 * LONGEST;

  private final Request request;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
  private int length;

  private Body(Request request) {
    this.request = request;
  }

  static CompletableFuture<byte[]> of(Request request) {
    Body body = new Body(request);
    body.run();
    return body.whole;
  }

  @Override
  public void run() {
    while (!whole.isDone()) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        request.demand(this);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        whole.completeExceptionally(new RequestRefused(400, "The body did not come whole."));
        return;
      }
      take(chunk);
      chunk.release();
    }
  }

  private void take(Content.Chunk chunk) {
    length += chunk.remaining();
    if (length <= LONGEST) {
      byte[] part = new byte[chunk.remaining()];
      chunk.getByteBuffer().get(part);
      bytes.writeBytes(part);
    }
    if (length > LONGEST && (chunk.isLast() || length > LONGEST_READ)) {
      whole.completeExceptionally(
          new RequestRefused(413, "The body is too long: " + LONGEST + " bytes are read."));
    } else if (chunk.isLast()) {
      whole.complete(bytes.toByteArray());
    }
  }
}
