/** Settles once, from outside. */
export class Gate {
  readonly opened: Promise<void>;
  #open: () => void = () => {};
  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }
  open(): void {
    this.#open();
  }
}
