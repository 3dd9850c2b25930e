"""What becomes of the tokens that were exchanged."""

from datetime import timedelta

from django.utils import timezone
from nautobot.users.models import Token

from nautobot_ai_ops import exchange
from nautobot_ai_ops.models import ExchangedToken
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.exchanging import ExchangeTestCase
from nautobot_ai_ops.tests.support import api


class ExchangedTokenTest(ExchangeTestCase):
    def test_it_is_refused_as_input_whatever_its_user_makes_of_it(self):
        key = self.exchanged(session_token=self.session_token())["token"]
        self.assert_refused(self.exchange(api_token=key), 400, "token_exchanged")
        token = Token.objects.get(key=key)
        token.description = "my own token"
        token.key = "a" * 40
        token.save()
        self.assert_refused(self.exchange(api_token="a" * 40), 400, "token_exchanged")

    def test_an_own_token_that_is_dressed_up_as_one_is_still_an_own_token(self):
        token = fixtures.create_token(self.alice, description=exchange.TOKEN_DESCRIPTION, write_enabled=False)
        self.assertFalse(self.ask("GET", api("whoami"), token).json()["exchanged"])

    def test_it_stays_read_only_and_short_lived_when_somebody_edits_it(self):
        token = Token.objects.get(key=self.exchanged(session_token=self.session_token())["token"])
        expires = token.expires
        for changed in (None, expires + timedelta(days=365)):
            token.write_enabled = True
            token.expires = changed
            token.save()
            token.refresh_from_db()
            self.assertFalse(token.write_enabled)
            self.assertEqual(token.expires, expires)
        token.expires = expires - timedelta(minutes=5)
        token.save()
        token.refresh_from_db()
        self.assertEqual(token.expires, expires - timedelta(minutes=5))

    def test_other_tokens_can_be_edited_as_ever(self):
        self.alice_token.write_enabled = False
        self.alice_token.save()
        self.alice_token.write_enabled = True
        self.alice_token.save()
        self.alice_token.refresh_from_db()
        self.assertTrue(self.alice_token.write_enabled)

    def test_expired_ones_are_cleared_away_a_bounded_number_at_a_time(self):
        past = timezone.now() - timedelta(minutes=1)
        for number in range(exchange.MAX_CLEANED_PER_EXCHANGE + 3):
            token = fixtures.create_token(self.alice, expires=past, write_enabled=False)
            ExchangedToken.objects.create(token_id=token.pk, source=f"sid:{number}", expires=past)
        own = fixtures.create_token(self.alice, expires=past)
        self.exchanged(session_token=self.session_token())
        self.assertEqual(ExchangedToken.objects.filter(expires=past).count(), 3)
        self.exchanged(session_token=self.session_token())
        self.assertEqual(ExchangedToken.objects.filter(expires=past).count(), 0)
        self.assertEqual(list(Token.objects.filter(expires=past)), [own])

    def test_one_source_has_a_bounded_number_alive(self):
        grant = self.exchanged(session_token=self.session_token())["grant"]
        first = self.exchanged(grant=grant)["token"]
        for _ in range(exchange.MAX_LIVE_TOKENS_PER_SOURCE):
            last = self.exchanged(grant=grant)["token"]
        self.assertEqual(ExchangedToken.objects.count(), exchange.MAX_LIVE_TOKENS_PER_SOURCE)
        self.assertEqual(self.ask("GET", api("whoami"), first).status_code, 403)
        self.assertEqual(self.ask("GET", api("whoami"), last).status_code, 200)

    def test_it_can_be_deleted_and_its_row_goes_later(self):
        token = Token.objects.get(key=self.exchanged(session_token=self.session_token())["token"])
        token.delete()
        self.assertEqual(ExchangedToken.objects.count(), 1)
        ExchangedToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
        self.exchanged(session_token=self.session_token())
        self.assertEqual(ExchangedToken.objects.count(), 1)
