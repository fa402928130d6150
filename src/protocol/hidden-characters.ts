/** Control characters and those that turn the reading direction could make a text look like another. */
export const HIDDEN_CHARACTER = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
