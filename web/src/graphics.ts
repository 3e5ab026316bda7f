/** What draws here. */

export type Graphics = "hardware" | "software" | "none";
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** What WebGL 2 runs on. */
export function graphics(): Graphics {
  const context = document.createElement("canvas").getContext("webgl2");
  if (context === null) return "none";
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const renderer: unknown = context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(String(renderer)) ? "software" : "hardware";
}
