import assert from "node:assert/strict";
import ffmpeg from "fluent-ffmpeg";

/** One `-i`, with the options that come before it. */
export interface FfmpegInput {
  readonly options: readonly string[];
  readonly source: string;
}

/** One output, with the options that come before its target. */
export interface FfmpegOutput {
  readonly options: readonly string[];
  readonly target: string;
}

export interface FfmpegPaths {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
}

export interface CommandOptions {
  readonly workingDir?: string;
}

/** Enough of what ffmpeg said last to tell why it ended. */
const KEPT_STDERR_LINES = 20;

export function makeCommand(paths: FfmpegPaths, { workingDir }: CommandOptions = {}): ffmpeg.FfmpegCommand {
  const command = ffmpeg({ stdoutLines: KEPT_STDERR_LINES, cwd: workingDir });
  command.setFfmpegPath(paths.ffmpegPath);
  command.setFfprobePath(paths.ffprobePath);
  skipCapabilityCheck(command);
  return command;
}

export function addInput(command: ffmpeg.FfmpegCommand, input: FfmpegInput): void {
  command.input(input.source);
  if (input.options.length > 0) command.inputOptions(...pairs(input.options));
}

export function addOutput(command: ffmpeg.FfmpegCommand, output: FfmpegOutput): void {
  command.output(output.target);
  if (output.options.length > 0) command.outputOptions(...pairs(output.options));
}

/** fluent-ffmpeg splits a lone option at its space, but takes two or more as they are. */
function pairs(options: readonly string[]): string[] {
  assert(options.length > 1, "ffmpeg options come as name and value");
  return [...options];
}

/**
 * fluent-ffmpeg 2.1.3 misreads `ffmpeg -formats` of ffmpeg 7 and then refuses every device (its issue 1282).
 * ffmpeg itself says clearly what it lacks, so its own check is passed over.
 */
function skipCapabilityCheck(command: ffmpeg.FfmpegCommand): void {
  const present = { canDemux: true, canMux: true, description: "" };
  const everyFormat = new Proxy<Record<string, typeof present>>({}, { has: () => true, get: () => present });
  command.availableFormats = (callback) => callback(null as never, everyFormat);
  command.availableEncoders = (callback) => callback(null as never, {});
}
