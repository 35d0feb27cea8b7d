//! A segment of a page of followers: consecutive openIds, of which the upstream is asked about a hundred at most.

use std::collections::HashMap;

use domain::follower::{Outcome, Tally};
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, Profile, Timestamp};
use providers::{Follower, MOST_AT_ONCE};
use store::follower::{FollowerReport, Follows, Knowledge};

use super::asking;

/// Consecutive openIds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The last one.
    pub(super) last: OpenId,
    /// Those that the upstream is asked about.
    pub(super) wanted: Vec<OpenId>,
    /// The outcomes of the others.
    pub(super) others: Tally,
}

/// Divides openIds into segments. Without `asks_all` the upstream is asked about those that an account or an order
/// has made known, and whose unionId is not.
pub(super) fn segments(open_ids: &[OpenId], known: &HashMap<OpenId, Knowledge>, asks_all: bool) -> Vec<Segment> {
    let (mut segments, mut wanted, mut others) = (Vec::new(), Vec::new(), Tally::default());
    for (at, open_id) in open_ids.iter().enumerate() {
        match known.get(open_id) {
            Some(Knowledge::Complete) if !asks_all => others.add(Outcome::Unchanged, 1),
            None if !asks_all => others.add(Outcome::Unknown, 1),
            Some(_) | None => wanted.push(open_id.clone()),
        }
        if wanted.len() == MOST_AT_ONCE || at + 1 == open_ids.len() {
            let (wanted, others) = (std::mem::take(&mut wanted), std::mem::take(&mut others));
            segments.push(Segment { last: open_id.clone(), wanted, others });
        }
    }
    segments
}

/// Returns the openIds of a page after the last one that is done. If that one is no longer in the page, all of them:
/// the person may have unfollowed meanwhile, and to repeat a person changes nothing.
pub(super) fn rest(mut open_ids: Vec<OpenId>, done: Option<&OpenId>) -> Vec<OpenId> {
    match done.and_then(|done| open_ids.iter().position(|open_id| open_id == done)) {
        Some(at) => open_ids.split_off(at + 1),
        None => open_ids,
    }
}

/// Returns what is to be recorded, and the outcomes of people about whom there is nothing. Only answers about people
/// that were asked for count.
pub(super) fn read(
    app: &AppId,
    segment: &Segment,
    answer: asking::Answer<Follower>,
    asked_at: Timestamp,
) -> (Vec<FollowerReport>, Tally) {
    let mut told: HashMap<OpenId, Follower> = HashMap::with_capacity(answer.told.len());
    for follower in answer.told {
        told.entry(follower.open_id.clone()).or_insert(follower);
    }
    let (mut batch, mut others) = (Vec::with_capacity(segment.wanted.len()), segment.others.clone());
    for open_id in &segment.wanted {
        match told.remove(open_id) {
            Some(follower) => batch.push(of_follower(app, follower, asked_at)),
            None if answer.refused.contains(open_id) => others.add(Outcome::Refused, 1),
            None => others.add(Outcome::Unusable, 1),
        }
    }
    (batch, others)
}

fn of_follower(app: &AppId, follower: Follower, asked_at: Timestamp) -> FollowerReport {
    let Follower { open_id, union, follows, since } = follower;
    let key = OpenKey { app: app.clone(), open_id };
    FollowerReport {
        proof: Proof { key, union, profile: Profile::default() },
        follows: Some(Follows { follows, at: since.unwrap_or(asked_at) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_ids(count: usize) -> Vec<OpenId> {
        (0..count).map(|at| format!("o{at:03}x").parse().expect("an openId")).collect()
    }

    #[test]
    fn the_upstream_is_asked_about_known_people_without_a_union_id() {
        let ids = open_ids(4);
        let kinds = [Knowledge::Complete, Knowledge::WithoutUnionId, Knowledge::Unclaimed];
        let known = ids.iter().cloned().zip(kinds).collect();

        let some = segments(&ids, &known, false);
        let all = segments(&ids, &known, true);

        let others = Tally::of([(Outcome::Unchanged, 1), (Outcome::Unknown, 1)]);
        assert_eq!(some, [Segment { last: ids[3].clone(), wanted: ids[1..3].to_vec(), others }]);
        assert_eq!(all, [Segment { last: ids[3].clone(), wanted: ids, others: Tally::default() }]);
    }

    #[test]
    fn a_segment_asks_about_a_hundred_people_at_most() {
        let ids = open_ids(250);

        let sizes: Vec<_> = segments(&ids, &HashMap::new(), true).iter().map(|segment| segment.wanted.len()).collect();

        assert_eq!(sizes, [100, 100, 50]);
    }

    #[test]
    fn a_page_continues_after_the_last_openid_and_begins_again_without_it() {
        let ids = open_ids(3);
        let gone: OpenId = "oGone".parse().expect("an openId");

        assert_eq!(rest(ids.clone(), Some(&ids[1])), ids[2..]);
        assert_eq!(rest(ids.clone(), Some(&ids[2])), []);
        assert_eq!(rest(ids.clone(), Some(&gone)), ids);
        assert_eq!(rest(ids.clone(), None), ids);
    }

    #[test]
    fn only_answers_about_people_that_were_asked_for_count() {
        let ids = open_ids(3);
        let segment = Segment { last: ids[2].clone(), wanted: ids[..2].to_vec(), others: Tally::default() };
        let about = |open_id: &OpenId| Follower { open_id: open_id.clone(), union: None, follows: true, since: None };
        let answer = asking::Answer { told: vec![about(&ids[2]), about(&ids[0])], refused: vec![] };

        let (batch, others) = read(&"wxshop".parse().expect("an app"), &segment, answer, Timestamp::from_millis(7));

        assert_eq!(batch.iter().map(|told| &told.proof.key.open_id).collect::<Vec<_>>(), [&ids[0]]);
        assert_eq!(others, Tally::of([(Outcome::Unusable, 1)]));
    }
}
