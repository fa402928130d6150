/**
 * Characters that one does not see, and those that turn the reading direction or break the line: with them a text could look like
 * another. The two joiners of scripts and emoji (U+200C, U+200D) and variation selectors stay. List: docs/protocol.md, "recipient-card".
 */
export const HIDDEN_CHARACTER =
  /\u034F|\u17B4|\u17B5|[\p{Cc}\p{Zl}\p{Zp}\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/u;
