use super::*;

fn bytes(text: &str) -> [u8; 32] {
    let bytes = BASE64.decode(text).expect("base64");
    bytes.try_into().expect("32 bytes")
}

/// The key of RFC 8037, appendix A.
fn ed25519() -> SigningKey {
    SigningKey::from_seed(bytes("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
}

/// The key of RFC 7515, appendix A.3.
fn p256() -> SigningKey {
    let seed = bytes("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    SigningKey::generate(Algorithm::Es256, seed).expect("a key")
}

#[test]
fn the_examples_of_rfc_8037_come_out() {
    let key = ed25519();
    assert!(
        key.to_secret_jwk()
            .contains("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    );
    let thumbprint = bytes("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let start = thumbprint.first_chunk().copied().expect("32 bytes");
    let start = format!("{:016x}", u64::from_be_bytes(start));
    assert_eq!(key.public.id().as_str(), start);
    let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert_eq!(
        BASE64.encode(key.signature(message.as_bytes())),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn the_signature_of_rfc_7515_is_believed() {
    let key = p256();
    let jwk = key.public.to_jwk();
    assert!(jwk.contains("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"));
    assert!(jwk.contains("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
    let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = BASE64
        .decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
        .expect("base64");
    let signature: [u8; 64] = signature.try_into().expect("64 bytes");
    assert!(key.public.has_signed(message.as_bytes(), &signature));
    assert!(!key.public.has_signed(&message.as_bytes()[1..], &signature));
    let own = key.signature(message.as_bytes());
    assert!(key.public.has_signed(message.as_bytes(), &own));
    // CVE-2022-21449: a signature of nothing but zeros is none.
    assert!(!key.public.has_signed(message.as_bytes(), &[0; 64]));
}

#[test]
fn keys_survive_their_text() {
    for key in [ed25519(), p256()] {
        let again = SigningKey::from_secret_jwk(&key.to_secret_jwk()).expect("our own");
        assert_eq!(again.public, key.public);
        assert_eq!(PublicKey::from_jwk(&key.public.to_jwk()), Ok(key.public()));
        assert!(!key.public.to_jwk().contains("\"d\""));
        assert!(!format!("{key:?}").contains("nWGx"));
        let retired = key.public().retire(std::time::UNIX_EPOCH);
        let again = PublicKey::from_jwk(&retired.to_jwk()).expect("our own");
        assert_eq!(again.retired_at(), Some(0));
        assert_eq!(again.id(), key.public.id());
    }
}

#[test]
fn what_is_not_a_key_of_ours_is_refused() {
    // The identity point: anybody can sign for it.
    let weak = BASE64.encode([1_u8].iter().chain(&[0; 31]).copied().collect::<Vec<_>>());
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    let (one, two) = (ed25519(), p256());
    for (key, from, to, cause) in [
        (&one, "{", "", BadKey::Form),
        (&one, "\"x\"", "\"z\"", BadKey::Form),
        (&one, "Ed25519", "X25519", BadKey::Kind),
        (&one, "OKP", "oct", BadKey::Kind),
        (&one, "EdDSA", "HS256", BadKey::Kind),
        (&one, "EdDSA", "ES256", BadKey::Kind),
        (&one, x, "AAAA", BadKey::Value),
        (&one, x, weak.as_str(), BadKey::Value),
        (&one, one.public.id.as_str(), "0123456789abcdef", BadKey::Id),
        (&two, "P-256", "P-384", BadKey::Kind),
        (&two, "ES256", "EdDSA", BadKey::Kind),
        (&two, "\"y\"", "\"z\"", BadKey::Form),
        (&two, y, "AAAA", BadKey::Value),
        // Not on the curve.
        (&two, y, x, BadKey::Value),
        (&two, two.public.id.as_str(), "0123456789abcdef", BadKey::Id),
    ] {
        let bad = key.to_secret_jwk().replacen(from, to, 1);
        assert_eq!(PublicKey::from_jwk(&bad), Err(cause), "{bad}");
        let private = SigningKey::from_secret_jwk(&bad).err();
        assert_eq!(private, Some(cause), "{bad}");
    }
    for (key, start) in [(&one, "nWGx"), (&two, "jpsQ")] {
        let other = key.to_secret_jwk().replace(start, "nWGy");
        let private = SigningKey::from_secret_jwk(&other).err();
        assert_eq!(private, Some(BadKey::Private));
        let public = key.public.to_jwk();
        let private = SigningKey::from_secret_jwk(&public).err();
        assert_eq!(private, Some(BadKey::Private));
    }
    assert!(SigningKey::generate(Algorithm::Es256, [0; 32]).is_err());
    assert!(SigningKey::generate(Algorithm::Es256, [255; 32]).is_err());
}
