export function linalgModule(): i32 {
  return 1;
}
