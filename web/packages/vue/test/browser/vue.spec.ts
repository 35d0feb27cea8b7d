// The bindings in a browser.

import { describeBinding } from '../../../client/test/support/bindings.js';

describeBinding(new URL('../support/app.ts', import.meta.url));
