/** Once the errors are drawn, the first field that has one is in sight and ready to be typed into. */
export function focusInvalid(form: HTMLElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
