import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** Built into the package: the wheel carries the page, and needs no Node. No source maps: they would triple it. */
export default defineConfig({
  plugins: [svelte()],
  base: "./",
  build: {
    outDir: "../src/apacheta/console/static",
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
  },
  test: { include: ["src/**/*.test.ts"] },
});
