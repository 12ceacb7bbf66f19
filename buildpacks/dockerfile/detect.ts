import type { Detection, PlanContext } from '../provider.ts'
import { override } from '../settings.ts'
import { asksForImage } from './heroku-yml.ts'

/** Most apps that have a Dockerfile are known by their language's manifest as well. heroku.yml asks for the image. */
export function detect({ view, settings }: PlanContext, found: Detection): Detection {
  const set = override(settings, 'SKYPANEL_DOCKERFILE')
  if (set !== null) return { confidence: 1, evidence: [set.value], why: `${set.name} names ${set.value}` }
  if (asksForImage(view))
    return { confidence: 0.99, evidence: ['heroku.yml'], why: 'heroku.yml has build.docker' }
  const file = DOCKERFILES.find((name) => view.exists(name))
  if (file === undefined) return { confidence: 0, evidence: [], why: 'heroku.yml names no image' }
  return {
    ...found,
    evidence: [file],
    why: `${file} is there, and is used where no manifest of a language is`,
  }
}

/** By the first of these an image is built. */
export const DOCKERFILES = ['Dockerfile', 'Containerfile', 'dockerfile'] as const
