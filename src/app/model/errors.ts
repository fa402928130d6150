import { CodedError } from "../../protocol/errors.ts";

/** What the app itself finds wrong; each has its sentence in words.ts. */
export type AppErrorCode = "app/no-pairing-window" | "app/storage-full" | "app/not-allowed" | "app/unknown";

export class AppError extends CodedError<AppErrorCode> {
  override readonly name = "AppError";
}
