// The bindings in a browser. The page runs in React’s strict mode, which mounts everything twice.

import { describeBinding } from '../../../client/test/support/bindings.js';

describeBinding(new URL('../support/app.tsx', import.meta.url));
