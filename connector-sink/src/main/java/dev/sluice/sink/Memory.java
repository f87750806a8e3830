package dev.sluice.sink;

/** Where arrays that grow ask first. */
interface Memory {
  /** For what is small, or no part of a task. */
  Memory UNBOUNDED =
      new Memory() {
        @Override
        public void take(long bytes) {
          // There is always enough.
        }

        @Override
        public void giveBack(long bytes) {
          // Nobody counts.
        }
      };

  /**
   * To be called before the memory is allocated.
   *
   * @throws NoRoomException when there is not as much; nothing is taken then
   */
  void take(long bytes);

  void giveBack(long bytes);
}
