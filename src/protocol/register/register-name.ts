import { text, where } from "../shape.ts";

/** A register's name is its log's origin: the first line of every checkpoint. No spaces, no plus sign, as C2SP asks. */
const NAME = /^[\x21-\x2A\x2C-\x7E]+$/;

export const isRegisterName = (name: string): boolean => name.length <= 120 && NAME.test(name);

/** Stands in each statement, so that none made for one register counts in another. */
export const registerName = where(text(120), isRegisterName, "not the name of a register");
