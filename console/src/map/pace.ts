// Without a graphics card the processor paints each pixel, and a map of many features moves in jerks. Where that is seen, the moving map
// has fewer pixels and no outlines; the resting map always has all.
import type { Map } from 'maplibre-gl'

/** Metadata of layers that a moving map can do without. */
export const AT_REST = { atRest: true }
/** Frames a second. */
const [SLOW, QUICK] = [30, 55]
const FEWER_PIXELS = 0.4
/** Milliseconds of drawing after which its pace is known. */
const LONG_ENOUGH = 250

export function keepPace(map: Map): void {
  let [isSlow, isPlain, hasDrawn, isFollowed] = [false, false, false, false]
  let [last, frames, time] = [0, 0, 0]

  function follow(now: number): void {
    isFollowed = map.isMoving()
    if (!isFollowed) return draw(false)
    if (hasDrawn) [frames, time] = [frames + 1, time + now - last]
    if (time > LONG_ENOUGH) judge((frames * 1000) / time)
    if (isSlow) draw(true)
    ;[last, hasDrawn] = [now, false]
    requestAnimationFrame(follow)
  }
  function judge(rate: number): void {
    isSlow = isPlain ? rate < QUICK : rate < SLOW
    ;[frames, time] = [0, 0]
  }
  function draw(plain: boolean): void {
    if (plain === isPlain) return
    isPlain = plain
    map.setPixelRatio(devicePixelRatio * (plain ? FEWER_PIXELS : 1))
    for (const id of layersAtRest(map)) map.setPaintProperty(id, 'line-opacity', plain ? 0 : 1)
  }
  map.on('render', () => (hasDrawn = true))
  map.on('movestart', () => {
    if (isFollowed) return
    ;[isFollowed, last, frames, time, hasDrawn] = [true, performance.now(), 0, 0, false]
    requestAnimationFrame(follow)
  })
}

function layersAtRest(map: Map): string[] {
  return map.getLayersOrder().filter((id) => (map.getLayer(id)?.metadata as typeof AT_REST | undefined)?.atRest)
}
