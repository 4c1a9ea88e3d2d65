/** As much of a message as fits a line: its first line, at most 200 characters of it. */
export function firstSentence(message: string): string {
  return message.split('\n')[0]?.slice(0, 200) ?? '';
}
