package dev.sluice.sink;

import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A request's body in large slices that are not copied; the JDK's own publishers copy all of it in
 * pieces of 16 KB. Its length is known, so that a server tells a body that was cut from one that is
 * over.
 */
final class Slices implements BodyPublisher {
  private static final int SLICE = 1 << 18;

  private final HttpHost.Body body;

  Slices(HttpHost.Body body) {
    this.body = body;
  }

  @Override
  public long contentLength() {
    return (long) body.head().length + body.to() - body.from();
  }

  @Override
  public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
    subscriber.onSubscribe(new Feed(subscriber));
  }

  private final class Feed implements Subscription {
    private final Subscriber<? super ByteBuffer> subscriber;
    private final AtomicLong asked = new AtomicLong();
    private boolean headSent;
    private int at = body.from();
    private volatile boolean over;

    Feed(Subscriber<? super ByteBuffer> subscriber) {
      this.subscriber = subscriber;
    }

    @Override
    public void request(long count) {
      if (asked.getAndAdd(count) > 0) {
        // Whoever asked first goes on with these, in order.
        return;
      }
      do {
        if (over) {
          return;
        } else if (headSent && at == body.to()) {
          over = true;
          subscriber.onComplete();
          return;
        }
        subscriber.onNext(next());
      } while (asked.decrementAndGet() > 0);
    }

    private ByteBuffer next() {
      if (!headSent) {
        headSent = true;
        return ByteBuffer.wrap(body.head());
      }
      int length = Math.min(SLICE, body.to() - at);
      at += length;
      return ByteBuffer.wrap(body.bytes(), at - length, length);
    }

    @Override
    public void cancel() {
      over = true;
    }
  }
}
