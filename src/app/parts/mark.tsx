/** The project's sign: a door that only one key opens. As in public/icon.svg. */
export function Mark({ size = 56 }: { readonly size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 512 512" aria-hidden="true" focusable="false">
      <rect width="512" height="512" rx="116" fill="#175c4c" />
      <path
        d="M152 416V212a104 104 0 0 1 208 0v204M108 416h296"
        fill="none"
        stroke="#f6f5f1"
        stroke-width="36"
        stroke-linecap="round"
      />
      <circle cx="256" cy="244" r="40" fill="#e6b566" />
      <path d="M256 276v68" stroke="#e6b566" stroke-width="30" stroke-linecap="round" />
    </svg>
  );
}
