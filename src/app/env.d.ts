interface ImportMeta {
  readonly env: { readonly PROD: boolean };
}
declare const APP_VERSION: string;
declare module "*.css" {}
