/** Mean brightness of each block of a gray picture. The innermost loop of motion detection. */
export class BlockMeans {
  readonly columns: number;
  readonly rows: number;
  /** 0 to 255; row by row. Overwritten by each {@link measure}. */
  readonly means: Float32Array;
  readonly #width: number;
  readonly #blockSize: number;
  readonly #sums: Uint32Array;

  /** What is left over at the right and lower edge, less than a block, is not looked at. */
  constructor(width: number, height: number, blockSize: number) {
    this.#width = width;
    this.#blockSize = blockSize;
    this.columns = Math.floor(width / blockSize);
    this.rows = Math.floor(height / blockSize);
    this.means = new Float32Array(this.columns * this.rows);
    this.#sums = new Uint32Array(this.columns);
  }

  measure(frame: Uint8Array): void {
    const { columns, rows, means } = this;
    const size = this.#blockSize;
    const sums = this.#sums;
    const scale = 1 / (size * size);
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      for (let line = 0; line < size; line++) {
        let at = (row * size + line) * this.#width;
        for (let column = 0; column < columns; column++) {
          let sum = 0;
          for (let x = 0; x < size; x++) sum += frame[at++] ?? 0;
          sums[column] = (sums[column] ?? 0) + sum;
        }
      }
      for (let column = 0; column < columns; column++) means[row * columns + column] = (sums[column] ?? 0) * scale;
    }
  }
}
