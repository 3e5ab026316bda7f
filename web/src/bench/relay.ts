/** The page of benchmarks/relay.py: each decoded picture's number and how late it is, by our path and by WebRTC. */

import { PictureDecoder } from "../video/decoder";
import { decodeEnvelope, type Envelope } from "../video/envelope";

/** Sixteen squares of 40 px along the top carry the number, then a white and a black one. */
const SQUARE_PX = 40;
const BITS = 16;

interface Seen {
  number: number;
  /** Wall clock, as near as the browser tells it. */
  utc_ms: number;
}

const seen: Seen[] = [];
let trouble: string | null = null;

/** The picture was ready when this was called; its number is read afterwards. */
async function note(frame: VideoFrame): Promise<void> {
  const utc_ms = performance.timeOrigin + performance.now();
  const rect = { x: 0, y: 0, width: SQUARE_PX * (BITS + 2), height: SQUARE_PX };
  const bytes = new Uint8Array(frame.allocationSize({ rect }));
  const [luma] = await frame.copyTo(bytes, { rect });
  frame.close();
  const middle = (luma?.offset ?? 0) + (luma?.stride ?? 0) * (SQUARE_PX / 2) + SQUARE_PX / 2;
  const isLight = (square: number): boolean => (bytes[middle + square * SQUARE_PX] ?? 0) > 128;
  if (!isLight(BITS) || isLight(BITS + 1)) return;
  let number = 0;
  for (let bit = 0; bit < BITS; bit += 1) if (isLight(bit)) number |= 1 << bit;
  seen.push({ number, utc_ms });
}

function ours(stream: string): void {
  const decoder = new PictureDecoder<Envelope>({
    picture: (frame) => void note(frame),
    trouble: (what) => (trouble = JSON.stringify(what)),
  });
  const socket = new WebSocket(`ws://${location.host}/ws/video/${stream}`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = (message: MessageEvent<ArrayBuffer>) => decoder.decode(decodeEnvelope(new Uint8Array(message.data)));
}

/** Pictures off the track as they are decoded, without the wait for a display: only Chromium tells them. */
interface Processor {
  readable: ReadableStream<VideoFrame>;
}
declare const MediaStreamTrackProcessor: new (of: { track: MediaStreamTrack }) => Processor;

async function passthrough(): Promise<void> {
  const peer = new RTCPeerConnection();
  const receiver = peer.addTransceiver("video", { direction: "recvonly" }).receiver;
  (receiver as RTCRtpReceiver & { jitterBufferTarget: number }).jitterBufferTarget = 0;
  peer.ontrack = (event) => void follow(event.track);
  await peer.setLocalDescription(await peer.createOffer());
  while (peer.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
  const answer = await fetch("/offer", { method: "POST", body: JSON.stringify(peer.localDescription) });
  await peer.setRemoteDescription((await answer.json()) as RTCSessionDescriptionInit);
}

async function follow(track: MediaStreamTrack): Promise<void> {
  const pictures = new MediaStreamTrackProcessor({ track }).readable.getReader();
  for (;;) {
    const { done, value } = await pictures.read();
    if (done) return;
    await note(value);
  }
}

Object.assign(window, { relay: { ours, passthrough, seen, trouble: () => trouble } });
