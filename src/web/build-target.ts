/** The first ones with light-dark() and URL.parse(); older targets would rewrite the theme's colours. */
export const BROWSERS = ['chrome126', 'firefox128', 'safari18']
