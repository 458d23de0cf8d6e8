import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/console/',
  plugins: [svelte()],
  // The content security policy permits no `data:` scripts or fonts, and an inlined worker would be one.
  build: { target: 'es2022', assetsInlineLimit: 0, emptyOutDir: true },
})
