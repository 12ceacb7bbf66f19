import type { Readable } from 'node:stream'
import type { AppId, BuildId, DeploymentId } from '../contract/ids.ts'
import type { Actor, BuildLogLine } from './deploy.ts'

export interface NewPush {
  readonly app: AppId
  readonly actor: Actor
  /** sha256 of the push's token: how its hook finds it again after a restart of the server. */
  readonly token: Buffer
  readonly ref: string
  readonly old: string
  readonly commit: string
  /** Said to the pusher before anything else. */
  readonly lines: readonly string[]
}

export interface AcceptedPush {
  readonly app: AppId
  readonly build: BuildId
  readonly deployment: DeploymentId
}

/** What git's side needs of deploying: to hand a push in, and to tell the pusher what becomes of it. */
export interface PushIntake {
  /** The push's objects are in the repository already. From here on it goes on without its pusher. */
  begin(push: NewPush): Promise<AcceptedPush>
  find(token: Buffer): Promise<AcceptedPush | null>
  /** The build's log from `after` on; ends when the push is decided. */
  follow(push: AcceptedPush, after: number, signal: AbortSignal): AsyncIterable<BuildLogLine>
  /** Whether git may move the ref; only to be asked after `follow` ended. */
  accepted(push: AcceptedPush): Promise<boolean>
}

/** A commit, and the ref by which it came. */
export interface CommitPlace {
  readonly commit: string
  readonly ref: string
}

/** What deploying needs of git's side. Repositories are named by app. */
export interface SourceControl {
  /** Writes a commit's tree to a folder made anew; returns warnings for the pusher. */
  export(app: AppId, at: CommitPlace, folder: string): Promise<readonly string[]>
  describe(app: AppId, at: CommitPlace): Promise<{ readonly subject: string; readonly author: string }>
  readRef(app: AppId, ref: string): Promise<string | null>
  /**
   * Lets a ref name what went live. The push's own git does it where it still runs (`token` finds it); else it is
   * done here. False when the ref names something else meanwhile.
   */
  landRef(
    app: AppId,
    move: { readonly ref: string; readonly to: string; readonly from: string; readonly token: Buffer | null },
  ): Promise<boolean>
  /**
   * Makes a commit of a tar archive as it arrives. It is kept for a day under its id. Errors: bad_request, too_large,
   * build_failed.
   */
  upload(
    app: AppId,
    upload: { readonly id: string; readonly author: string; readonly archive: Readable },
    signal: AbortSignal,
  ): Promise<{ readonly commit: string; readonly files: number; readonly bytes: number }>
  /** The commit of an upload, or null. */
  uploaded(app: AppId, upload: string): Promise<string | null>
  /** Checks an address. Errors: invalid_params. */
  remote(url: string, ref: string): { readonly url: string; readonly credentials: string | null }
  /** Fetches the commit that `ref` names elsewhere, once for each build. Errors: build_failed, too_large. */
  fetch(
    app: AppId,
    order: {
      readonly build: BuildId
      readonly url: string
      readonly ref: string
      readonly credentials: string | null
    },
    signal: AbortSignal,
  ): Promise<string>
  /** Where the build's own commit is kept as long as the build needs it. */
  sourceRef(build: BuildId): string
  /** Keeps a commit that is here already for a build. False: it is gone. */
  keep(app: AppId, build: BuildId, commit: string): Promise<boolean>
  remove(app: AppId): Promise<void>
  /** Removes what killed pushes left behind, old uploads, and sources of builds not in `needed`; of all apps. */
  sweep(needed: readonly BuildId[]): Promise<number>
}
