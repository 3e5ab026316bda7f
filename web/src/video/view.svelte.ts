/** Which part of the picture is looked at: a zoom and a shift that never leaves the picture. */

const LARGEST = 8;
/** One key press moves by this part of what is seen. */
const STEP = 0.25;

export class View {
  zoom = $state(1);
  /** Of the picture's middle from the stage's, as parts of the stage. */
  private x = $state(0);
  private y = $state(0);

  get transform(): string {
    return `translate(${this.x * 100}%, ${this.y * 100}%) scale(${this.zoom})`;
  }

  by(factor: number): void {
    const zoom = Math.min(Math.max(1, this.zoom * factor), LARGEST);
    const ratio = zoom / this.zoom;
    this.zoom = zoom;
    this.put(this.x * ratio, this.y * ratio);
  }

  /** To the right and downwards, in steps. */
  move(right: number, down: number): void {
    this.put(this.x - right * STEP, this.y - down * STEP);
  }

  whole(): void {
    this.by(1 / LARGEST);
  }

  private put(x: number, y: number): void {
    const most = (this.zoom - 1) / 2;
    this.x = Math.min(Math.max(-most, x), most);
    this.y = Math.min(Math.max(-most, y), most);
  }
}
