/** Sixteen by sixteen, stroked with the text's own colour. Icons never stand for a word alone: see StatusPill, Button. */
const PATHS = {
  activity: 'M1.500 8h3l2-5 3 10 2-5h3',
  apps: 'M2 2.500h5v5H2zM9 2.500h5v5H9zM2 9.500h5v4H2zM9 9.500h5v4H9z',
  alert: 'M8 2 14.500 13.500h-13zM8 6.500v3M8 11.600v.1',
  back: 'M9.500 3.500 5 8l4.500 4.500',
  branch:
    'M4.500 5v6M4.500 5a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM4.500 14a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM11.500 6.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM11.500 6.500c0 2.500-3.500 2-6.500 4',
  check: 'M3 8.500 6.500 12 13 4.500',
  chevron: 'M6 3.500 10.500 8 6 12.500',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.800V8l2.200 1.600',
  commit: 'M1.500 8h4M10.500 8h4M8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  copy: 'M5.500 5.500h8v8h-8zM3 10.500H2.500v-8h8V3',
  cross: 'M4 4l8 8M12 4l-8 8',
  down: 'M8 3v9.500M4 8.500l4 4 4-4',
  edit: 'M9.500 3.500l3 3L6 13H3v-3zM8.500 13.500h5',
  eye: 'M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  'eye-off':
    'M2.500 2.500l11 11M6.300 3.700C6.800 3.600 7.400 3.500 8 3.500c4 0 6.500 4.500 6.500 4.500a12 12 0 0 1-2 2.500M4 5A11.500 11.500 0 0 0 1.500 8S4 12.500 8 12.500c1 0 1.900-.3 2.700-.7',
  key: 'M6 10.500a3 3 0 1 0-.1-.1ZM8.200 8.200 13.500 3M11 5.500l2 2',
  logs: 'M2.500 3.500h11M2.500 8h7.500M2.500 12.500h9',
  menu: 'M2 4.500h12M2 11.500h12',
  minus: 'M3.500 8h9',
  moon: 'M13.500 9.500A6 6 0 0 1 6.500 2.500a5.800 5.800 0 1 0 7 7Z',
  open: 'M6.500 3.500h-4v10h10v-4M9 2.500h4.500V7M13.500 2.500 7.500 8.500',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
  plus: 'M8 3.500v9M3.500 8h9',
  refresh: 'M13.500 8A5.500 5.500 0 1 1 11.700 4M13.500 2v3h-3',
  releases: 'M8 1.800 14 5 8 8.200 2 5zM2.500 8 8 11l5.500-3M2.500 11 8 14l5.500-3',
  rollback: 'M2.500 6.500h7a4 4 0 0 1 0 8H7M5.500 3l-3.500 3.500L5.500 10',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.600 10.600 14 14',
  settings: 'M2 5h6M12 5h2M2 11h2M8 11h6M10 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM6 13a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  dash: 'M4.500 8h7',
  dot: 'M8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  sun: 'M8 10.800a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600ZM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M12.600 3.400l-.9.9M4.300 11.700l-.9.9',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  trash: 'M2.500 4.500h11M6 4.500v-2h4v2M4 4.500l.600 9h6.800l.6-9M6.800 7v4M9.200 7v4',
  user: 'M8 8a2.800 2.800 0 1 0 0-5.600A2.800 2.800 0 0 0 8 8ZM2.500 14c.5-2.800 2.700-4 5.500-4s5 1.200 5.500 4',
  wrap: 'M2.500 3.500h11M2.500 8h9a2.200 2.200 0 0 1 0 4.500H8.500M10 10.800 8.300 12.500 10 14.200M2.500 12.500h3',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** The mark of the product. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M7 20.500h18M7 15h13M7 9.500h8" />
    </svg>
  )
}
