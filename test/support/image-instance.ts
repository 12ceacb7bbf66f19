import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BuiltArtifact } from '../../buildpacks/engine.ts'
import { specOf } from '../../runtime/driver/conformance.ts'
import { openNspawnStage } from '../../runtime/driver/test-stage.ts'

export interface ImageInstances {
  /** What a command prints in an instance of the image, as the node's driver runs it. */
  run(artifact: BuiltArtifact, command: string): Promise<string>
  close(): Promise<void>
}

/** Starts images by the real driver; `home` is where their store is. */
export async function openImageInstances(id: string, range: string, home: string): Promise<ImageInstances> {
  const stage = await openNspawnStage(id, range)
  const driver = stage.driver()
  let index = 0
  return {
    async run(built, command) {
      const { image } = built
      if (image === undefined) throw new Error('The release is no image')
      const base = image.base === null ? null : join(home, image.base)
      const artifact = {
        ...stage.artifact,
        stack: join(home, built.stack),
        layers: [],
        env: { ...built.env },
        image: { ...image, base },
      }
      const spec = specOf(stage, command, { artifact })
      const folder = join(stage.home, 'instances', spec.id)
      mkdirSync(folder, { recursive: true })
      const handle = await driver.start(spec, stage.placement(index++, folder), async () => undefined)
      const { code } = await driver.wait(handle)
      const read = (name: string) => readFileSync(join(folder, name), 'utf8')
      const said = `${read('log/out')}${read('log/err')}`
      await driver.destroy(handle)
      if (code === null && said === '') throw new Error(read('supervisor.log'))
      rmSync(folder, { recursive: true, force: true })
      return said
    },
    close: () => stage.close(),
  }
}
