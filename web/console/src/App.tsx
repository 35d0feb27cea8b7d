// Who is signed in decides what is shown: the sign-in, or the desk with its screens.
import { lazy, Suspense, useEffect, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router';
import { onRefusal } from './api';
import { Audit } from './Audit';
import { Inbox } from './cases/Inbox';
import { OPERATOR } from './documents';
import { Health } from './Health';
import { useLanguage } from './language';
import { MergeTwo } from './merge/MergeTwo';
import { Problem, Waiting } from './parts';
import { useQuery } from './query';
import { Requests } from './Requests';
import { OperatorContext, type Operator } from './scopes';
import { Search } from './Search';
import { Settings } from './Settings';
import { Shell } from './Shell';
import { SignIn } from './SignIn';
import { Tokens } from './Tokens';

// The page of a person has the graph and its library, which no other screen needs.
const Person = lazy(() => import('./person/Person'));
const PLACE = 'guiyi.console.place';

export function App() {
  const language = useLanguage();
  return (
    <I18nProvider locale={language === 'zh' ? 'zh-CN' : 'en-GB'}>
      <Desk />
    </I18nProvider>
  );
}

function Desk() {
  const { data, failure, loading, reload } = useQuery(OPERATOR, {});
  const [known, setKnown] = useState<Operator | null>(null);
  const [ended, setEnded] = useState(false);
  // The role may be taken away in the middle: every refusal asks again who the operator is.
  useEffect(() => onRefusal(reload), [reload]);
  useEffect(() => {
    if (!data) return;
    setEnded((before) => before || (known !== null && data.operator === null));
    setKnown(data.operator);
  }, [data, known]);
  const operator = data ? data.operator : known;
  usePlace(operator !== null);
  if (failure && !operator)
    return (
      <main className="alone">
        <Problem failure={failure} retry={reload} />
      </main>
    );
  if (!operator) return loading ? <Loading /> : <SignIn ended={ended} />;
  return (
    <OperatorContext value={operator}>
      <Shell onSignedOut={reload}>
        <Suspense fallback={<Waiting />}>
          <Screens />
        </Suspense>
      </Shell>
    </OperatorContext>
  );
}

function Screens() {
  return (
    <Routes>
      <Route path="/" element={<Search />} />
      <Route path="/people/:id/:tab?" element={<Person />} />
      <Route path="/merge" element={<MergeTwo />} />
      <Route path="/cases" element={<Inbox />} />
      <Route path="/requests" element={<Requests />} />
      <Route path="/health" element={<Health />} />
      <Route path="/audit" element={<Audit />} />
      <Route path="/tokens" element={<Tokens />} />
      <Route path="/settings" element={<Settings />} />
      <Route path="*" element={<Navigate to="/" replace />} />
    </Routes>
  );
}

function Loading() {
  return (
    <main className="alone">
      <Waiting />
    </main>
  );
}

/** The sign-in returns to the first screen: this leads on to where the operator wanted to go. */
function usePlace(isSignedIn: boolean) {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  useEffect(() => {
    if (!isSignedIn) {
      if (pathname !== '/') sessionStorage.setItem(PLACE, pathname + search);
      return;
    }
    const place = sessionStorage.getItem(PLACE);
    sessionStorage.removeItem(PLACE);
    if (place && pathname === '/') void navigate(place, { replace: true });
    // Where the operator is matters at the moment of the sign-in only.
  }, [isSignedIn]);
}
