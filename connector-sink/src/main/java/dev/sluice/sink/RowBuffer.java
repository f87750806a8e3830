package dev.sluice.sink;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing byte array with ClickHouse's little-endian primitives; cleared and used again. */
final class RowBuffer {
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  /** As large as a batch gets by default. */
  private static final int LARGE = 32 << 20;

  private static final byte[] RELEASED = new byte[0];

  private final Memory memory;
  private byte[] bytes;
  private int size;

  RowBuffer(int capacity) {
    this(capacity, Memory.UNBOUNDED);
  }

  /**
   * @param memory asked for whatever it grows by; the capacity has been taken from it already
   */
  RowBuffer(int capacity, Memory memory) {
    this.memory = memory;
    bytes = new byte[capacity];
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
  }

  int size() {
    return size;
  }

  /** Forgets everything after {@code newSize}: how a row that proves bad half way is taken back. */
  void truncate(int newSize) {
    size = newSize;
  }

  void putByte(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  void putShort(int value) {
    reserve(Short.BYTES);
    SHORT.set(bytes, size, (short) value);
    size += Short.BYTES;
  }

  void putInt(int value) {
    reserve(Integer.BYTES);
    INT.set(bytes, size, value);
    size += Integer.BYTES;
  }

  void putLong(long value) {
    reserve(Long.BYTES);
    LONG.set(bytes, size, value);
    size += Long.BYTES;
  }

  void putVarInt(int value) {
    while ((value & ~0x7F) != 0) {
      putByte(value | 0x80);
      value >>>= 7;
    }
    putByte(value);
  }

  void putString(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    putVarInt(utf8.length);
    putBytes(utf8);
  }

  void putBytes(byte[] value) {
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  void putFill(int value, int count) {
    reserve(count);
    Arrays.fill(bytes, size, size + count, (byte) value);
    size += count;
  }

  /** The array itself, of which {@link #size} bytes count. */
  byte[] bytes() {
    return bytes;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int count) {
    if (bytes.length - size < count) {
      grow(Math.addExact(size, count));
    }
  }

  /** What is held now and what comes in its place are there at the same time. */
  private void grow(int needed) {
    int former = bytes.length;
    int grown = capacityFor(needed);
    memory.take(grown);
    bytes = Arrays.copyOf(bytes, grown);
    memory.giveBack(former);
  }

  /**
   * First in large steps, because memory that is touched anew is expensive; then waste would be.
   */
  private int capacityFor(int needed) {
    int step = bytes.length < LARGE ? bytes.length : bytes.length / 8;
    return Math.max(needed, Math.addExact(bytes.length, step));
  }

  /** What it would take to hold so many bytes more; 0 when they have room. */
  long growthFor(long more) {
    long needed = size + more;
    return needed <= bytes.length ? 0 : capacityFor((int) Math.min(needed, Integer.MAX_VALUE));
  }

  /** Gives its memory back; it is not to be used again. */
  void release() {
    memory.giveBack(bytes.length);
    bytes = RELEASED;
    size = 0;
  }
}
