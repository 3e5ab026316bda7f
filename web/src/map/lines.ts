/** Asks the worker for lines. */

import type { Answer, Question } from "./lines.worker";

/** The answer to one question; null when it could not be worked out: the map is then without these lines. */
export function askLines<W extends Question["what"]>(
  question: Extract<Question, { what: W }>,
): Promise<Extract<Answer, { what: W }> | null> {
  const worker = new Worker(new URL("./lines.worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve) => {
    const end = (answer: Extract<Answer, { what: W }> | null): void => {
      worker.terminate();
      resolve(answer);
    };
    worker.onmessage = ({ data }: MessageEvent<Answer>) =>
      end(data.what === question.what ? (data as Extract<Answer, { what: W }>) : null);
    worker.onerror = () => end(null);
    worker.postMessage(question);
  });
}
