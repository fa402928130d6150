export class MotionDetector {
  constructor(_width: number, _height: number, _config: unknown) {}
  push(_frame: Uint8Array, _atMs: number): boolean { return false; }
}
