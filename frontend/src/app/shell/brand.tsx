export function Mark() {
  return (
    <svg aria-hidden="true" width="20" height="20" viewBox="0 0 20 20" fill="none" className="shrink-0 text-accent">
      <path
        d="M1.5 10h6m0 0c3 0 3.5-5.5 9-5.5M7.500 10h10m-10 0c3 0 3.5 5.5 9 5.5"
        stroke="currentColor"
        strokeWidth="1.9"
        strokeLinecap="round"
      />
    </svg>
  );
}
