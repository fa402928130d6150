declare const APP_VERSION: string;
declare module "*.css" {}
