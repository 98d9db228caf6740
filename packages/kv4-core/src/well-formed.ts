/** `String.prototype.isWellFormed` (ES2024), which every supported runtime has and the ES2023 library does not name. */
interface WellFormedText {
  isWellFormed(): boolean;
}

/** Whether a text holds no lone surrogate, that is, whether UTF-8 can carry it. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormedText).isWellFormed();
}
