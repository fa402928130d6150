import { type ArgsOf, type LinkOp, linkOps, type ResultOf } from "../../protocol/link-ops.ts";
import type { Shape } from "../../protocol/shape.ts";
import type { LinkAnswer, LinkPort, LinkRequest } from "../link/link-ports.ts";

export interface Asked<Op extends LinkOp> {
  readonly args: ArgsOf<Op>;
  readonly request: LinkRequest;
}

export type Answered<Op extends LinkOp> =
  | { readonly result: ResultOf<Op>; readonly attachment?: Uint8Array }
  /** Nothing is answered on the wire; the code goes to the log. */
  | { readonly rejected: string };

/** Registers the handler of one operation: arguments and result pass the operation's own shapes. */
export function answer<Op extends LinkOp>(
  link: Pick<LinkPort, "onRequest">,
  op: Op,
  handle: (asked: Asked<Op>, signal: AbortSignal) => Answered<Op> | Promise<Answered<Op>>,
): void {
  // Indexed access keeps both shapes' types apart from `Op`; they are the same entry of the table.
  const shapes = linkOps[op] as unknown as { readonly args: Shape<ArgsOf<Op>>; readonly result: Shape<ResultOf<Op>> };
  link.onRequest(op, async (request, signal): Promise<LinkAnswer> => {
    const answered = await handle({ args: shapes.args.read(request.args), request }, signal);
    if ("rejected" in answered) return answered;
    const result = shapes.result.write(answered.result);
    return answered.attachment === undefined ? { result } : { result, attachment: answered.attachment };
  });
}

/** A viewer may look; whatever changes something takes an owner. */
export const isOwner = ({ member }: LinkRequest): boolean => member.role === "owner";
export const NOT_AN_OWNER = { rejected: "link/not-an-owner" } as const;
export const CLIP_GONE = { rejected: "clip-gone" } as const;
