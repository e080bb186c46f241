package fuzz_test

// scenarios returns the programs of FuzzOperations's corpus, each named after what it shows. Together
// they reach every answer of every operation. The names are those of the committed files.
func scenarios() map[string]string {
	return map[string]string{
		"ack_in_time_leaves_once": `
			Begin backend=1
			Acknowledge pending now=end-1
			Acknowledge dead`,
		"ack_at_the_deadline_is_late": `
			options trace
			Begin backend=1
			Acknowledge pending now=end
			Acknowledge dead`,
		"ack_of_what_was_only_issued": `
			Issue
			Acknowledge issued
			Acknowledge foreign
			Acknowledge zero
			Acknowledge near`,
		"second_register_changes_nothing": `
			options trace
			Issue
			Register issued backend=1 now=tick
			Register pending backend=2 now=tick
			Acknowledge pending`,
		"register_past_the_end_revokes": `
			options trace
			Issue
			Register issued now=end
			Register dead`,
		"token_end_clips_the_deadline": `
			options ack=3ns ttl=+1ns trace
			Issue
			Expire foreign now=tick
			Expire foreign now=tick
			Begin
			Register issued now=tick
			ExpireOverdue now=last`,
		"consume_works_once": `
			options trace
			Begin
			Consume pending presented=near
			Consume pending presented=foreign
			Consume pending presented=zero
			Consume pending
			Consume consumed
			Register consumed
			Acknowledge consumed`,
		"consume_of_an_issued_token_revokes": `
			options trace
			Issue
			Consume issued presented=same
			Consume dead`,
		"consume_past_the_end_expires": `
			options trace
			Begin
			Issue
			Consume pending presented=zero now=end
			Consume issued now=end`,
		"abandon_always_revokes": `
			options trace
			Begin backend=3
			Issue
			Abandon pending
			Abandon issued
			Abandon dead`,
		"expire_ends_one_and_only_in_time": `
			options trace
			Begin
			Issue
			Expire pending now=end-1
			Expire pending now=end
			Expire issued now=end+1
			Expire dead`,
		"sweep_takes_the_oldest_first": `
			options max=8 ack=3ns ttl=+1ns trace
			Begin backend=1
			Begin backend=2 now=back
			Begin backend=3 now=long-back
			Issue now=tick
			ExpireOverdue now=first-1
			ExpireOverdue now=first
			ExpireOverdue now=last`,
		"sweep_drops_what_was_only_issued": `
			options trace
			Issue
			ExpireOverdue now=last
			ExpireOverdue now=last+1`,
		"sweep_of_more_than_a_batch": `
			options max=40 ack=10ns ttl=+1m
			Fill now=tick
			ExpireOverdue now=some:5
			Fill now=tick
			Thin
			ExpireOverdue now=last
			Fill`,
		"full_drops_only_what_nobody_waits_for": `
			options max=2 trace
			Issue
			Begin
			Issue
			Begin
			Issue now=last
			Begin now=last
			Abandon pending
			Abandon pending
			Issue
			Begin
			Begin now=last`,
		"random_source_repeats_itself": `
			options max=4 attempts=2 trace
			Issue rand=zero,fresh
			Begin rand=live,fresh
			Issue rand=live,zero
			Begin rand=zero,live
			Abandon live
			Issue rand=dead
			Abandon live
			Begin rand=dead`,
		"random_source_fails": `
			options trace
			Issue after=0
			Begin after=0 fail=eof
			Issue after=0 fail=short-error chunk=1
			Begin after=0 fail=short-eof chunk=7
			Issue chunk=5`,
		"close_ends_everything": `
			options max=4 trace
			Begin backend=1
			Begin backend=2
			Issue
			Close
			Close
			Issue
			Begin
			Register dead
			Consume dead
			Acknowledge dead
			Abandon dead
			Expire dead
			ExpireOverdue now=last`,
		"close_of_nothing": `
			Close`,
		"never_stays_never": `
			options ack=longest ttl=never trace
			Begin
			Issue
			ExpireOverdue now=highest
			ExpireOverdue now=year-9999
			Acknowledge pending now=year-9999`,
		"far_instants_saturate": `
			options ack=3ns ttl=+4ns max=8 far trace
			Begin now=zero-time
			Begin now=lowest
			Begin now=below-lowest
			Issue now=year-9999
			Begin now=highest
			Begin now=near-highest
			ExpireOverdue now=zero-time
			ExpireOverdue now=now
			Acknowledge pending now=zero-time`,
		"the_last_deadline_that_comes": `
			options ack=never-10ns ttl=+20ns max=4 trace
			Begin
			Issue now=tick
			Register issued now=half
			ExpireOverdue now=last`,
		"clock_that_steps_back": `
			options max=4 trace
			Begin now=tick
			Acknowledge pending now=back
			Begin now=long-back
			Begin now=back
			Acknowledge pending now=long-back
			ExpireOverdue now=first`,
		"without_callbacks": `
			options quiet max=4
			Begin
			Begin
			Acknowledge pending now=end
			Abandon pending
			Begin
			Close`,
		"callbacks_call_the_registry": `
			options nested trace max=4
			Begin
			Begin
			Begin
			Acknowledge pending
			Acknowledge pending now=end
			ExpireOverdue now=last
			Begin
			Close`,
		"default_options": `
			options ack=default ttl=default trace
			Begin
			Acknowledge pending now=end-1
			Begin
			Acknowledge pending now=end`,
	}
}

// tokens returns the inputs of FuzzParseToken's corpus, by the names of the committed files.
func tokens() map[string]string {
	return map[string]string{
		"missing":       "",
		"one_byte":      "a",
		"a_byte_short":  "0123456789abcde",
		"zero":          "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"all_ones":      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"counting":      "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
		"half_zero":     "\x00\x00\x00\x00\x00\x00\x00\x00\x11\x22\x33\x44\x55\x66\x77\x88",
		"text":          "0123456789abcdef",
		"digits":        "0000012770700000", // also the text of a padded number
		"a_placeholder": "Token(redacted)!",
		"a_byte_long":   "0123456789abcdefg",
		"sixty_four":    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	}
}
