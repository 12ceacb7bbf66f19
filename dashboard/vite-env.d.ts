/** Version of the platform that this build belongs to. */
declare const __VERSION__: string
