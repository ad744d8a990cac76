"""The words that ship: what `remembered` and `actions` of a decision's record are packed with.

Records of more than a year depend on these very bytes: they are kept for good, and nothing in them is ever edited. New
words are better appended first: of each tuple all are read with, and the first is written with. The deploy that moves
them to the front can then be rolled back, as the one before it reads what they packed.

They are what a decision about nobody would say. `TIMELINES`: a row for every series that an entity can have, by the
signals and roles there are, those of payments last; `ACTIONS`: one of each kind, the word about an allow last.
"""

_TIMELINES_1 = (
    b'["user:","account.created#user#30d#2027-01-01T00Z",0],["email_domain:",'
    b'"account.created#email_domain#7d#2027-01-01T00Z",0],["device:","account.created#device#7d#2027-01-01T00Z",'
    b'0],["ip:1~","account.created#ip#1d#2027-01-01T00Z",0],["user:","account.changed!#user#30d#2027-01-01T00Z",'
    b'0],["payout_account:","account.changed!#payout_account#30d#2027-01-01T00Z",0],["email_domain:",'
    b'"account.changed!#email_domain#7d#2027-01-01T00Z",0],["device:",'
    b'"account.changed!#device#7d#2027-01-01T00Z",0],["ip:1~","account.changed!#ip#1d#2027-01-01T00Z",0],'
    b'["user:","account.verified#user#30d#2027-01-01T00Z",0],["device:",'
    b'"account.verified#device#7d#2027-01-01T00Z",0],["user:","login.failed#user#30d#2027-01-01T00Z",0],'
    b'["device:","login.failed#device#7d#2027-01-01T00Z",0],["ip:1~","login.failed#ip#1d#2027-01-01T00Z",0],'
    b'["user:","report.submitted#reporter#30d#2027-01-01T00Z",0],["user:",'
    b'"report.submitted#reported#30d#2027-01-01T00Z",0],["listing:",'
    b'"report.submitted#listing#30d#2027-01-01T00Z",0],["order:","payment.declined#order#30d#2027-01-01T00Z",0],'
    b'["user:","payment.declined#buyer#30d#2027-01-01T00Z",0],["user:",'
    b'"payment.declined#seller#30d#2027-01-01T00Z",0],["listing:","payment.declined#listing#30d#2027-01-01T00Z",'
    b'0],["card:","payment.declined#card#30d#2027-01-01T00Z",0],["device:",'
    b'"payment.declined#device#7d#2027-01-01T00Z",0],["ip:1~","payment.declined#ip#1d#2027-01-01T00Z",0],'
    b'["order:","payment.settled#order#30d#2027-01-01T00Z",0],["user:",'
    b'"payment.settled#buyer#30d#2027-01-01T00Z",0],["user:","payment.settled#seller#30d#2027-01-01T00Z",0],'
    b'["listing:","payment.settled#listing#30d#2027-01-01T00Z",0],["card:",'
    b'"payment.settled#card#30d#2027-01-01T00Z",0],["order:","order.shipped#order#30d#2027-01-01T00Z",0],'
    b'["user:","order.shipped#buyer#30d#2027-01-01T00Z",0],["user:","order.shipped#seller#30d#2027-01-01T00Z",'
    b'0],["order:","order.delivered#order#30d#2027-01-01T00Z",0],["user:",'
    b'"order.delivered#buyer#30d#2027-01-01T00Z",0],["user:","order.delivered#seller#30d#2027-01-01T00Z",0],'
    b'["order:","refund.issued#order#30d#2027-01-01T00Z",0],["user:","refund.issued#buyer#30d#2027-01-01T00Z",'
    b'0],["user:","refund.issued#seller#30d#2027-01-01T00Z",0],["listing:",'
    b'"refund.issued#listing#30d#2027-01-01T00Z",0],["card:","refund.issued#card#30d#2027-01-01T00Z",0],'
    b'["user:","payout.requested#seller#30d#2027-01-01T00Z",0],["payout_account:",'
    b'"payout.requested#payout_account#30d#2027-01-01T00Z",0],["device:",'
    b'"payout.requested#device#7d#2027-01-01T00Z",0],["ip:1~","payout.requested#ip#1d#2027-01-01T00Z",0],'
    b'["user:","payout.paid#seller#30d#2027-01-01T00Z",0],["payout_account:",'
    b'"payout.paid#payout_account#30d#2027-01-01T00Z",0],["user:","score.computed#scored#30d#2027-01-01T00Z",0],'
    b'["user:","score.computed#owner#30d#2027-01-01T00Z",0],["order:","dispute.opened#order#30d#2027-01-01T00Z",'
    b'0],["user:","dispute.opened#buyer#30d#2027-01-01T00Z",0],["user:",'
    b'"dispute.opened#seller#30d#2027-01-01T00Z",0],["card:","dispute.opened#card#30d#2027-01-01T00Z",0],'
    b'["order:","dispute.resolved#order#30d#2027-01-01T00Z",0],["user:",'
    b'"dispute.resolved#buyer#30d#2027-01-01T00Z",0],["user:","dispute.resolved#seller#30d#2027-01-01T00Z",0],'
    b'["card:","dispute.resolved#card#30d#2027-01-01T00Z",0],["user:",'
    b'"review.completed#reviewed#30d#2027-01-01T00Z",0],["user:","appeal.decided#user#30d#2027-01-01T00Z",0],'
    b'["user:","stepup.completed#user#30d#2027-01-01T00Z",0],["device:",'
    b'"stepup.completed#device#7d#2027-01-01T00Z",0],["ip:1~","stepup.completed#ip#1d#2027-01-01T00Z",0],'
    b'["user:","listing.submitted#seller>months#ever",1],["user:","message.sent#sender>device#ever",2],["user:",'
    b'"login.succeeded#user>ip#ever",3],["user:","login.succeeded#user#30d#2027-01-01T00Z",0],["device:",'
    b'"login.succeeded#device#7d#2027-01-01T00Z",0],["ip:1~","login.succeeded#ip#1d#2027-01-01T00Z",0],'
    b'["listing:","listing.submitted#listing#30d#2027-01-01T00Z",0],["user:",'
    b'"listing.submitted#seller#30d#2027-01-01T00Z",0],["device:","listing.submitted#device#7d#2027-01-01T00Z",'
    b'0],["ip:1~","listing.submitted#ip#1d#2027-01-01T00Z",0],["user:","message.sent#sender#30d#2027-01-01T00Z",'
    b'0],["user:","message.sent#recipient#30d#2027-01-01T00Z",0],["listing:",'
    b'"message.sent#listing#30d#2027-01-01T00Z",0],["device:","message.sent#device#7d#2027-01-01T00Z",0],'
    b'["ip:1~","message.sent#ip#1d#2027-01-01T00Z",0],[["user:","payment.attempted#buyer#30d#2027-01-01T00Z",'
    b'"AwGAAAAAAAAAAAAAAAAAAA=="],["card:","payment.attempted#card#30d#2027-01-01T00Z",0],["device:",'
    b'"payment.attempted#device#1h#2027-01-01T00Z",0],["device:","payment.attempted#device#7d#2027-01-01T00Z",'
    b'0],["ip:1~","payment.attempted#ip#1d#2027-01-01T00Z",0]]'
)

_ACTIONS_1 = (
    b"payment_fraud account_takeover seller_fraud prohibited_item fake_account phishing policy log_in "
    b"change_credentials change_payout_account buy list ship message be_ranked receive_payout withdraw "
    b'revoke_sessions reset_password cancel_order remove_listing refund{"abuse":null,"action_id":"",'
    b'"details":{"became":"review","guardrail":"brake","rule":"","why":"","window":"2027-"},"entity":"user:u_",'
    b'"kind":"guardrail","occurred_at":"2027-","reason":"","source":"rule:","stale_after":"2027-"}{"abuse":null,'
    b'"action_id":"","details":{"action":{},"rule":"","why":"budget"},"entity":"user:u_","kind":"park",'
    b'"occurred_at":"2027-","reason":"","source":"rule:","stale_after":"2027-"}{"abuse":"account_takeover",'
    b'"action_id":"","details":{"command":"revoke_sessions","version":""},"entity":"user:u_","kind":"command",'
    b'"occurred_at":"2027-","reason":"","source":"rule:","stale_after":"2027-"}{"abuse":"payment_fraud",'
    b'"action_id":"","details":{"capability":"buy","expires_at":"2027-","limit":{"none":true},'
    b'"statement":{"notice":{"at_the_end":"Until 2026, UTC. It then ends by itself.","automated":true,'
    b'"concerns":"We have limited your account.","contest":{"how":"Tell us why you think that this is wrong. It '
    b'costs nothing, and somebody who had no part in the decision looks at it again.","until":"2027-"},'
    b'"decided_at":"2027-","ends_at":"2027-","facts":"It follows from a payment.","ground":"Safety of payments: '
    b'a payment method may be used only by those whose it is.","human":"Answer the message that told you. A '
    b'person decides on your complaint, and you can go to a dispute settlement body.","restriction":"For now, '
    b'purchases are not possible.","what_you_can_do":["Confirm that it is you when you are asked to: it then '
    b'ends at once.","You need not ask for a review: a person looks at this, and ends it if they find nothing '
    b'wrong."]},"record":{"appeal_until":"2027-","basis":"Regulation (EU) 2022/2065 (Digital Services Act), '
    b"Articles 17, 20 and 21; for businesses Regulation (EU) 2019/1150, Article 4 (thirty days before a "
    b'termination); the longest hold is a rule of the house","business_notice_until":null,"confirmed_by":null,'
    b'"jurisdiction":"eu","longest_hold_until":null,"notice_due":"2027-","suppress_notice":""}},'
    b'"until":["step_up","review"],"version":""},"entity":"user:u_","kind":"restrict","occurred_at":"2027-",'
    b'"reason":"","source":"rule:","stale_after":"2027-"}{"abuse":null,"action_id":"","details":{"version":"",'
    b'"within_hours":72.0},"entity":"user:u_","kind":"review","occurred_at":"2027-","reason":"",'
    b'"source":"rule:","stale_after":"2027-"}{"abuse":null,"action_id":"","details":{"ask":"step_up",'
    b'"expires_at":"2027-","remember_hours":24.0,"version":""},"entity":"user:u_","kind":"friction",'
    b'"occurred_at":"2027-","reason":"","source":"rule:","stale_after":"2027-"}"score.computed""login.succeeded"'
    b'"message.sent""payout.requested""listing.submitted"{"abuse":null,"action_id":"",'
    b'"details":{"at_deadline":"open","deadline":"2027-","disposition":"deny","signal_id":"",'
    b'"signal_source":"payments","signal_type":"payment.attempted"},"entity":"user:u_","kind":"decision",'
    b'"occurred_at":"2027-","reason":"","source":"policy","stale_after":"2027-"}[{"abuse":null,"action_id":"",'
    b'"details":{"disposition":"allow","signal_id":"","signal_source":"payments",'
    b'"signal_type":"payment.attempted"},"entity":"user:u_","kind":"decision","occurred_at":"2027-","reason":"",'
    b'"source":"policy","stale_after":null}]'
)

TIMELINES: tuple[bytes, ...] = (_TIMELINES_1,)
ACTIONS: tuple[bytes, ...] = (_ACTIONS_1,)
