//! Keys of the tape and of tests, made for them with `openssl genrsa`: the app's and Alipay's, as Alipay's tools write them.

/// The app's private key, in PKCS#8.
pub(in crate::builtin) const APP_PRIVATE: &str = "\
    MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCE8tPcV7ECGVmHmXZwuiHh9WIREVRuA8LCLqpfB876gt7i1LdjpWp9BCHO7e\
    6Lg6IGCcwDCQHnOXKd+LTwFxZk1vf8SSQNW0oI881wjZkOXlHJAi6jl4FH+6kkwlWtavqNS7JxlrNFpnEiq0lMYVkw+khoE7fxm30VAqvzfMJX\
    AulgMFGH1+rkkN9laeMM9N15bAJFw47mOT4HlPDqJqbB5dLGjEnNocEh2bBvX+4MHopxOEm3o7dTmurJ6smiFMnx2Cnf1Gn0iArwDxhE6dftsg\
    9nG7C9iIcxBl57jSLOeM3XdgZsa86APp1AmdqmG9rBMMeye9ndIWfvp5Z8kXVPAgMBAAECggEAA78D5pWMpfko41VDrRwm5Zhl0a1MqmeYuU1Z\
    /PYvXYe1LWxpA88ewl8MxNPs1imOCzWDdiJu10vFxbBts3DdxKxPWIsxujP0UMRDPwSpEhU+S2JbBhO4JNsb166nfgzMT+buJEfmzUj0rya8bg\
    E1ji0UlTouWLR/lclO0bxA4vVmUHMyLUPQJSvl2Z37hL4y6bE+biZNB6Kxk/doy8898Yd2j3CYiRxSyMMpst7jlxp02OV4QkDX00jc2+WxmqiP\
    rlyQDA6L3RM8v/1vUMiT5vlJniM65MLF+8A/7DqKPJHPYKkQ6XJ8ZGN1I76OfjSs6BiHLUpsvhhDXFVMTECA4QKBgQC5YRPGlxhoJ8gAKFP1vD\
    JWBK7EnQsLFTGCLXE6qXx/eKj1R1qrWWeThwWs6uc9JkFsYpyOr4QB9TvAsuUHQRm6ZlR9+GftT3c21eDCgE6MSQWay5IWhB/DAt6pPsj47eY/\
    a7/1Yxfgl3cTTuXs1EDUZgP9xZgJQtePN9DxSYOlFQKBgQC3mICLnao+ZVm8R3WzRLEzvVvQgRBtLsf7QJZj7F+bEoQD6QmyjLELExKEb999PK\
    N0d0ZcP5tyQUHBXdTBCUCa4IF9PTLUIBt7HiEffOeJz5NroVW0ePJ1pOGD0cYKNWgND8kSWgAgtfhPF3OqP5Ra56MvhMoGgNOImc2vhTIR0wKB\
    gQCZBRH+3mAOMbA8uQ09DaD7MhhVQVCJUHAyhXIuuxKCYkYNWV31jPIba9v6dVh1OGvOnMOgYC72Msik8sZsq4ciPy/FX9PhprPANuG1i5XK5M\
    fUk+892Mgi/+5uA95+5FknxriIRMjD4iMvc/QE/tuYt7DZvE4Ybu1iUe+ODGG3VQKBgQCx7Ph+1eB8McqiXfqiLmsxAk1tpvbdaR3j0DcvRY9u\
    AKayB3EfeZvGaMhkUusbOt4J6+HjWr1yH+3y0NVz8lyK/BJh5iJRU4Buc8eT9X+KngF3qFYf3arT+mOXVYAAurtJFUg/IbvH97JaLBcrIgzLgH\
    s0fRMw9D6MvsmIVaQtgwKBgB/UogCG/EksTBZWKb/xRTitvfo4RY2kaHuplrR774f55zipKO2psK5PTmBShOyUDil4BKIC4WDezeid6X2cI5R5\
    DWfZcsgA9V0qySCDe99MZeO7JgmL1yB18m2ELA9L0KgX7sdRqITJAdfK6CJ9+Qx/Q14fqmRZ7Bz7wgEDoe9J";

/// Its public part.
#[cfg(test)]
pub(in crate::builtin::alipay) const APP_PUBLIC: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhPLT3FexAhlZh5l2cLoh4fViERFUbgPCwi6qXwfO+oLe4tS3Y6VqfQQhzu3ui4OiBg\
    nMAwkB5zlynfi08BcWZNb3/EkkDVtKCPPNcI2ZDl5RyQIuo5eBR/upJMJVrWr6jUuycZazRaZxIqtJTGFZMPpIaBO38Zt9FQKr83zCVwLpYDBR\
    h9fq5JDfZWnjDPTdeWwCRcOO5jk+B5Tw6iamweXSxoxJzaHBIdmwb1/uDB6KcThJt6O3U5rqyerJohTJ8dgp39Rp9IgK8A8YROnX7bIPZxuwvY\
    iHMQZee40iznjN13YGbGvOgD6dQJnaphvawTDHsnvZ3SFn76eWfJF1TwIDAQAB";

/// Alipay's private key.
pub(in crate::builtin::alipay) const ALIPAY_PRIVATE: &str = "\
    MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCSU9Y2B11+g/nn1g8RWM8bO3q2CCcxfIx6s69cDK2BKkeXgVYcPJTNNNynvj\
    3umPyUA6co3QV9WbXzNsh/UzIGxJfous1t7J/BXN+FOK2ItkuJjTLtdnJZMu9pqTFNOd9fPR78ydSjHyNF150e4cAUYh6qCvWrX++/odcA5FTI\
    JsVFlRl5ShOEF/1sTy2SgxrlT4sbkje3UH4DebG2aGRroc63Lqbq+7WI16GR5qLQDEXJcYq2xBsEYmRXpkK7Ri1TQHy4Q12yYfr2xcVv64yoPz\
    xFjTI1KamCAz9tmA8PhBm70QCniVuFyxIfE3DZCLSkISkFOb8TT7qZH8bAfeCZAgMBAAECggEABifIb7Cm4FDzMOtWai2FFdFOV8y3QFvLyYgY\
    QPwoCtJRXWhTi9/JBypZe2Vzc79kBaJzNFL63YNp9eOYstF4PeRkewXrqRt+e2r5nKAuHZ2EhzJlQWu9gu7TdyuGv0fHU5ltvabMXvnK+S/JJG\
    DM/JaFkXPhUn6YRmSLl7YjMmGt195woYq0FY+5PmVnmYErimYkpS8oOd5BrgsY+mAt4c6VuwY3os/Yi8L81W4J4+raI7Zhv1MV4DyqM1GJWUMN\
    KtakwulZVCE34739etcQUUhh7NxwB4uMqogIKG+B6f6kOYLJUWyo5AgYinxgwKZKyBUK3W37gdzSLw00jV7DoQKBgQDJrcV2NkesZqGi1Xx7yX\
    6qfjHUC8Coz6mD78aFryoge2ztagzR+eqmMH+NsbgmofuNSlQJHf9dqtQXc/weNEQku0Ub7hnC9jMhGnmz4DHpm6gIg1Uaa+WifsXquPm9L9lY\
    aoYRUyyDdP8w0IXufobU0/XPGLlnt7lTdJrmcwrgoQKBgQC5vXZUsX3qnQKTu4vm095OA/L2DDQuvFXTUL2JDVKN5s7ES8doRV9aY2EoRwjWAG\
    0KTJMscwZ8/fJobGl2b5f16oQgZgzvaaOJsTjKmShqFT4klqVxu62Ev11ZfaRtecu5DPKYfK1Swrz+JL0xeJPrIWEKRt340ZeVIZTByprk+QKB\
    gAOWkeLOiGvqz4lkHvjc1uIVqLFLHDxkpXFxfKi4Oxmk2IVI072QoroeNsbAmLQnQaB76A7Zd8ek2G0qZRvsdiHpKwuaKt8rHjHClNO8c2binB\
    S6sXLs5IMFmmPYsqjJBybpjkUUo8Aa/sdRjnB109RJiSAMIpBT1npDotXiyhjBAoGARy3XGg/G3FD9OtYlf/jzeVxEEIyOttZP4aJQcCQd3el0\
    lX8g1NG4/++TvRazySbyon7D68XM17uN2Pyq0ctkJcaQicXx8RG/rTWwONvGxBiN7wGYN2Sf035ubKwchiOlsa3Hji5BUbT1LkOwCTRXI0VwZb\
    rQt9jCSVFMK5PUFikCgYA06I+6jJiXeQQfm8VRDRkXkf4szkLXdKzkj4bt+OX60Nucrph1iisjwxl1XYre345WJlzR/QSmq690hANp/HkfB+3h\
    tgtDwydp3I0Wzq8xcBZuJkBqOitnqCQQId376HFUxqPdFgyLU9Xh5H5ZDLLWLXgVqTitRVor+/baNJJ37w==";

/// Its public part.
pub(in crate::builtin::alipay) const ALIPAY_PUBLIC: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAklPWNgddfoP559YPEVjPGzt6tggnMXyMerOvXAytgSpHl4FWHDyUzTTcp7497pj8lA\
    OnKN0FfVm18zbIf1MyBsSX6LrNbeyfwVzfhTitiLZLiY0y7XZyWTLvaakxTTnfXz0e/MnUox8jRdedHuHAFGIeqgr1q1/vv6HXAORUyCbFRZUZ\
    eUoThBf9bE8tkoMa5U+LG5I3t1B+A3mxtmhka6HOty6m6vu1iNehkeai0AxFyXGKtsQbBGJkV6ZCu0YtU0B8uENdsmH69sXFb+uMqD88RY0yNS\
    mpggM/bZgPD4QZu9EAp4lbhcsSHxNw2Qi0pCEpBTm/E0+6mR/GwH3gmQIDAQAB";

/// The app's certificate.
pub(in crate::builtin::alipay) const APP_CERTIFICATE: &str = include_str!("example_certificates/app.crt");

/// Alipay's certificate, with that of its issuer.
pub(in crate::builtin::alipay) const ALIPAY_CERTIFICATE: &str = include_str!("example_certificates/alipay.crt");

/// Roots: one with an elliptic curve, and two with RSA.
pub(in crate::builtin::alipay) const ROOT_CERTIFICATES: &str = include_str!("example_certificates/root.crt");
